#!/usr/bin/env bash
# Tests controllers/fetch_source.sh by itself, against the server of serve.sh: every
# kind of revision, both kinds of credentials, what is refused and what is said then.
#
#   fetch_source_test.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$here/../../controllers/fetch_source.sh
work=$(mktemp -d)
chmod 755 "$work"
checks=0 failures=0
trap '"$here/serve.sh" stop "$work/server"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

ok() { checks=$((checks + 1)); }
fail() {
    checks=$((checks + 1)) failures=$((failures + 1))
    echo "FAIL $*" >&2
    sed 's/^/    /' "$work/log" >&2 || true
}
# equal WHAT EXPECTED ACTUAL
equal() { if [[ $2 == "$3" ]]; then ok; else fail "$1: expected '$2', got '$3'"; fi; }
# contains WHAT TEXT IN
contains() { if [[ $3 == *"$2"* ]]; then ok; else fail "$1: no '$2' in '$3'"; fi; }

"$here/serve.sh" start "$work/server" 127.0.0.1
source "$work/server/env"
chmod -R a+rX "$work/server/https" "$work/server/ssh"
bare() { git -C "$GIT_BARE" -c user.name=t -c user.email=t@example.com "$@"; }
first=$(bare rev-parse main)
bare tag light main
bare tag -a -m release annotated main
bare branch feature/x main
# commit BRANCH: one more on it, by somebody else.
commit() {
    local new
    new=$(bare commit-tree -p "$1" -m more "$1^{tree}")
    bare update-ref "refs/heads/$1" "$new"
    echo "$new"
}
second=$(commit main)

# fetch REPOSITORY REVISION [NAME=VALUE…]: one run in fresh folders; sets code, message.
# As another user when AS_USER is set.
fetch() {
    rm -rf "${work:?}"/{clone,home}
    mkdir -m 777 "$work/clone" "$work/home"
    : >"$work/message"
    chmod 666 "$work/message"
    local as=()
    [[ -z ${AS_USER:-} ]] || as=(setpriv --reuid "$AS_USER" --regid "$AS_USER" --clear-groups)
    code=0
    "${as[@]}" env -i PATH="$PATH" SOURCE_REPOSITORY="$1" SOURCE_REVISION="$2" SOURCE_COMMIT='' \
        SOURCE_FOLDER="$work/clone" SOURCE_CREDENTIALS="$work/server/https" SOURCE_FOR_STEPS=no \
        SOURCE_MESSAGE="$work/message" HOME="$work/home" "${@:3}" \
        sh -c "$(<"$script")" source >"$work/log" 2>&1 || code=$?
    message=$(<"$work/message")
}
in_clone() { HOME=$work/home git -C "$work/clone" -c safe.directory='*' "$@"; }
# fetched WHAT COMMIT BRANCH
fetched() {
    equal "$1: exit code" 0 "$code"
    equal "$1: message" "commit=$2" "$message"
    equal "$1: HEAD" "$2" "$(in_clone rev-parse HEAD)"
    equal "$1: branch" "$3" "$(in_clone branch --show-current)"
    equal "$1: changes" "" "$(in_clone status --porcelain)"
}
# refused WHAT TEXT: fails, and says so.
refused() {
    equal "$1: exit code" 1 "$code"
    contains "$1: message" "$2" "$message"
    if [[ $message == *$'\n'* ]]; then fail "$1: more than one line: $message"; else ok; fi
}

revisions() {
    fetch "$GIT_HTTPS" main
    fetched "branch" "$second" main
    equal "one commit" 1 "$(in_clone rev-list --count HEAD)"
    fetch "$GIT_HTTPS" HEAD
    fetched "default branch" "$second" main
    fetch "$GIT_HTTPS" feature/x
    fetched "branch with a slash" "$first" feature/x
    fetch "$GIT_HTTPS" light
    fetched "tag" "$first" ""
    fetch "$GIT_HTTPS" annotated
    fetched "annotated tag" "$first" ""
    fetch "$GIT_HTTPS" "$first"
    fetched "commit" "$first" ""
    fetch "$GIT_HTTPS" main SOURCE_COMMIT="$first"
    fetched "branch that has moved on" "$first" main
    fetch "$GIT_HTTPS" nothing
    refused "no such revision" "has no branch and no tag nothing"
    fetch "$GIT_HTTPS" "${first:0:10}"
    refused "half a commit" "(a commit must be given whole)"
    fetch "$GIT_HTTPS" 0123456789012345678901234567890123456789
    refused "no such commit" "commit 0123456789012345678901234567890123456789 is not in $GIT_HTTPS"
    # A server that gives what branches and tags point to, and nothing else.
    bare config uploadpack.allowAnySHA1InWant false
    fetch "$GIT_HTTPS" main SOURCE_COMMIT="$first" GIT_PROTOCOL=version=0
    fetched "an older commit from a strict server" "$first" main
}

credentials() {
    equal "no credentials are left" "" "$(ls -A "$work/home")"
    equal "no credentials in the clone" "$GIT_HTTPS" "$(in_clone remote get-url origin)"
    cp -r "$work/server/https" "$work/wrong"
    printf 'open sesame' >"$work/wrong/password"
    fetch "$GIT_HTTPS" main SOURCE_CREDENTIALS="$work/wrong"
    refused "wrong password" "Authentication failed"
    if grep -q 'open sesame' "$work/log" "$work/message"; then fail "the password is shown"; else ok; fi
    fetch "$GIT_HTTPS" main SOURCE_CREDENTIALS=
    refused "no certificate" "certificate"
    rm "$work/wrong/password"
    fetch "$GIT_HTTPS" main SOURCE_CREDENTIALS="$work/wrong"
    refused "no password" "could not read Username"
    fetch "file://$GIT_BARE" main
    refused "another way to a server" "transport 'file' not allowed"
    fetch "https://127.0.0.1:1/tools.git" main
    refused "nobody there" "cannot read https://127.0.0.1:1/tools.git: fatal: "
}

for_steps() {
    fetch "$GIT_HTTPS" main SOURCE_FOR_STEPS=yes BOOTSTRAP_WORKFLOW_NAME=docs
    fetched "for steps" "$second" main
    (cd "$work/clone" && env -i PATH="$PATH" HOME="$work/home" ./bin/update-dynamic-docs) >"$work/log" 2>&1 || fail "a tool cannot push"
    equal "the server has it" "$(tail -n 1 "$work/log")" "$(bare rev-parse main)"
    equal "its author" "docs <docs@bootstrap.invalid>" "$(bare log -1 --format='%an <%ae>' main)"
    if grep -rqF "$(<"$work/server/https/password")" "$work/home" "$work/clone"; then fail "the password was written down"; else ok; fi
}

ssh_keys() {
    local main
    main=$(bare rev-parse main)
    fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/server/ssh"
    if ((EUID == 0)); then
        # ssh minds a key that its user owns and others may read; in a pod it belongs to root.
        chmod 600 "$work/server/ssh/ssh-privatekey"
        fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/server/ssh"
    fi
    fetched "SSH" "$main" main
    mkdir "$work/strange"
    cp "$work/server/ssh/ssh-privatekey" "$work/strange"
    fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/strange"
    refused "no known_hosts" "the Secret of the source has no known_hosts"
    sed 's/ssh-ed25519 .*/ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPY2o3zLr8NZqQqOD8Y9f7hQ0v7uFvXIE6n2n0nJv1qS/' \
        "$work/server/ssh/known_hosts" >"$work/strange/known_hosts"
    fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/strange"
    refused "another key of the server" "Host key verification failed"
    echo "example.com ssh-ed25519 AAAA" >"$work/strange/known_hosts"
    fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/strange"
    refused "an unknown server" "Host key verification failed"
    cp "$work/server/ssh/known_hosts" "$work/strange"
    rm "$work/strange/ssh-privatekey"
    fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/strange"
    refused "no key" "the Secret of the source has no ssh-privatekey"
    ssh-keygen -q -t ed25519 -N '' -f "$work/strange/ssh-privatekey"
    fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/strange"
    refused "a key the server does not know" "Permission denied"
}

any_user() {
    ((EUID == 0)) || return 0
    AS_USER=1000650000 fetch "$GIT_HTTPS" main
    fetched "any user" "$(bare rev-parse main)" main
    chmod 644 "$work/server/ssh/ssh-privatekey"
    AS_USER=1000650000 fetch "$GIT_SSH" main SOURCE_CREDENTIALS="$work/server/ssh"
    refused "SSH for a user without a name" "No user exists for uid 1000650000"
}

without_programs() {
    mkdir "$work/bin"
    for program in tee cat rm; do ln -s "$(command -v $program)" "$work/bin/$program"; done
    ln -s "$(command -v dash || command -v sh)" "$work/bin/sh"
    fetch "$GIT_HTTPS" main PATH="$work/bin"
    refused "no git" "the image for the source has no git"
    ln -s "$(command -v git)" "$work/bin/git"
    fetch "$GIT_SSH" main PATH="$work/bin" SOURCE_CREDENTIALS="$work/server/ssh"
    refused "no ssh" "the image for the source has no ssh"
}

# A repository whose names of commits are SHA-256 hashes.
longer_hashes() {
    local bare=${GIT_BARE%/*}/sha256.git only
    git init --quiet --bare --shared=0777 --object-format=sha256 --initial-branch=main "$bare"
    only=$(git -C "$bare" -c user.name=t -c user.email=t@example.com commit-tree -m one \
        "$(git -C "$bare" hash-object -w -t tree --stdin </dev/null)")
    git -C "$bare" update-ref refs/heads/main "$only"
    equal "length of a SHA-256 hash" 64 "${#only}"
    fetch "${GIT_HTTPS%/*}/sha256.git" main
    fetched "SHA-256, branch" "$only" main
    fetch "${GIT_HTTPS%/*}/sha256.git" "$only"
    fetched "SHA-256, commit" "$only" ""
}

revisions
credentials
for_steps
ssh_keys
any_user
longer_hashes
without_programs

echo "$checks checks, $failures failures"
((failures == 0))
