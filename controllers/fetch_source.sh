#!/bin/sh
# Fetches the tools of a step: one commit of a Git repository into a folder. The operator puts this
# text into the init container "source" of a step's pod; any image with git and a POSIX shell will
# do (for SSH with ssh, too), and any user ID.
#
#   SOURCE_REPOSITORY   https://…, ssh://… or user@host:path
#   SOURCE_REVISION     branch, tag, whole commit, or HEAD for the default branch
#   SOURCE_COMMIT       the commit that SOURCE_REVISION meant when the run asked first; or empty
#   SOURCE_FOLDER       where to; is there and empty
#   SOURCE_CREDENTIALS  folder with the keys of the Secret: username and password, ca.crt,
#                       ssh-privatekey and known_hosts; or empty
#   SOURCE_FOR_STEPS    yes: git of the step may use the credentials, too
#   SOURCE_MESSAGE      file for the result: "commit=<commit>", or why there is none
#   HOME                a folder that the step has as its HOME
#
# The clone has this one commit only, and is on the branch if SOURCE_REVISION is one. Credentials
# are neither printed nor written anywhere: git reads them where they are.
set -u

errors=$HOME/.source-errors

fail() {
    printf '%s\n' "$*" | tee "$SOURCE_MESSAGE" >&2
    exit 1
}

# Git's own word for what went wrong: what ssh says counts more than what git makes of it.
reason() {
    fatal='' last=''
    while IFS= read -r line; do
        case $line in
            *'Host key verification failed'* | *'Permission denied'* | 'ssh: '* | 'No user exists'*)
                echo "$line"
                return
                ;;
            'fatal: '* | 'error: '*) [ -n "$fatal" ] || fatal=$line ;;
        esac
        [ -z "$line" ] || last=$line
    done <"$errors"
    echo "${fatal:-$last}"
}

# fail_with WHAT: the same with the reason, and all that git said in the log.
fail_with() {
    cat "$errors" >&2
    fail "$1: $(reason)"
}

configure() { git config --global "$@"; }

prepare_https() {
    rest=${SOURCE_REPOSITORY#https://}
    server=https://${rest%%/*}
    # Only for this server: a step's git may talk to others.
    [ ! -f "$SOURCE_CREDENTIALS/ca.crt" ] ||
        configure "http.$server.sslCAInfo" "$SOURCE_CREDENTIALS/ca.crt"
    [ ! -f "$SOURCE_CREDENTIALS/password" ] ||
        configure "credential.$server.helper" "!f() { test \"\$1\" = get || exit 0
            printf 'username=%s\\npassword=%s\\n' \\
                \"\$(cat '$SOURCE_CREDENTIALS/username' 2>/dev/null || echo git)\" \\
                \"\$(cat '$SOURCE_CREDENTIALS/password')\"; }; f"
}

prepare_ssh() {
    command -v ssh >/dev/null || fail "the image for the source has no ssh, which $SOURCE_REPOSITORY needs"
    [ -s "$SOURCE_CREDENTIALS/ssh-privatekey" ] ||
        fail "the Secret of the source has no ssh-privatekey, which $SOURCE_REPOSITORY needs"
    [ -s "$SOURCE_CREDENTIALS/known_hosts" ] ||
        fail "the Secret of the source has no known_hosts: the server's key is checked, so it must be" \
            "there ('ssh-keyscan HOST' prints it)"
    configure core.sshCommand "ssh -F /dev/null -i '$SOURCE_CREDENTIALS/ssh-privatekey' \
-o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
-o UserKnownHostsFile='$SOURCE_CREDENTIALS/known_hosts' -o GlobalKnownHostsFile=/dev/null"
}

# Sets branch, when the revision is one, and commit, unless it is known.
resolve() {
    branch='' head='' tag='' tagged='' default='' commit=$SOURCE_COMMIT
    git ls-remote --symref -- "$SOURCE_REPOSITORY" HEAD "refs/heads/$SOURCE_REVISION" \
        "refs/tags/$SOURCE_REVISION" "refs/tags/$SOURCE_REVISION^{}" >"$HOME/.source-refs" 2>"$errors" ||
        fail_with "cannot read $SOURCE_REPOSITORY"
    while read -r hash name rest; do
        case $name in
            "refs/heads/$SOURCE_REVISION") [ "$hash" = ref: ] || head=$hash branch=$SOURCE_REVISION ;;
            "refs/tags/$SOURCE_REVISION") tag=$hash ;;
            "refs/tags/$SOURCE_REVISION^{}") tagged=$hash ;;
            HEAD) [ "$SOURCE_REVISION" != HEAD ] || head=$hash ;;
        esac
        [ "$hash" != ref: ] || [ "$rest" != HEAD ] || default=${name#refs/heads/}
    done <"$HOME/.source-refs"
    [ "$SOURCE_REVISION" != HEAD ] || branch=$default
    [ -n "$commit" ] || commit=${head:-${tagged:-$tag}}
    [ -n "$commit" ] || fail "$SOURCE_REPOSITORY has no branch and no tag $SOURCE_REVISION" \
        "(a commit must be given whole)"
}

fetch() {
    format=sha1
    [ ${#commit} -eq 40 ] || format=sha256
    { git init --quiet --object-format=$format "$SOURCE_FOLDER" && cd "$SOURCE_FOLDER" &&
        git remote add origin "$SOURCE_REPOSITORY"; } 2>"$errors" || fail_with "cannot make the clone"
    # Some servers give only what a branch or tag points to; then everything is fetched.
    git fetch --quiet --depth=1 --no-tags origin "$commit" 2>"$errors" ||
        git fetch --quiet --tags origin 2>"$errors" ||
        fail_with "cannot fetch $SOURCE_REVISION of $SOURCE_REPOSITORY"
    git cat-file -e "$commit^{commit}" 2>/dev/null ||
        fail "commit $commit is not in $SOURCE_REPOSITORY (any more)"
    commit=$(git rev-parse "$commit^{commit}")
    if [ -n "$branch" ]; then
        git update-ref "refs/remotes/origin/$branch" "$commit" &&
            git checkout --quiet -B "$branch" "$commit" &&
            git config "branch.$branch.remote" origin &&
            git config "branch.$branch.merge" "refs/heads/$branch"
    else
        git checkout --quiet --detach "$commit"
    fi 2>"$errors" || fail_with "cannot check out $commit"
}

leave() {
    rm -f "$errors" "$HOME/.source-refs"
    if [ "$SOURCE_FOR_STEPS" = yes ]; then
        # A commit must have an author; a tool may set another one.
        configure user.name "${BOOTSTRAP_WORKFLOW_NAME:-bootstrap}"
        configure user.email "${BOOTSTRAP_WORKFLOW_NAME:-bootstrap}@bootstrap.invalid"
    else
        rm -f "$HOME/.gitconfig"
    fi
    printf 'commit=%s\n' "$commit" >"$SOURCE_MESSAGE"
    echo "$SOURCE_REVISION of $SOURCE_REPOSITORY is commit $commit"
}

command -v git >/dev/null || fail "the image for the source has no git; set source.git.image to one that has"
export GIT_TERMINAL_PROMPT=0 LC_ALL=C
# No other way to a server, whatever a repository's address or a redirect says.
export GIT_ALLOW_PROTOCOL="${GIT_ALLOW_PROTOCOL:-https:ssh}"
# The folders belong to root, this is any user.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
case $SOURCE_REPOSITORY in
    https://*) prepare_https ;;
    ssh://* | *@*:*) prepare_ssh ;;
esac
commit=$SOURCE_COMMIT branch=''
case $SOURCE_REVISION in
    *[!0-9a-f]*) resolve ;;
    *)
        case ${#SOURCE_REVISION} in
            40 | 64) commit=$SOURCE_REVISION ;;
            *) resolve ;;
        esac
        ;;
esac
fetch
leave
