#!/usr/bin/env bash
# A Git server for tests, with what real ones have: HTTPS with a certificate of its
# own CA and basic authentication (Apache and git's own http-backend), SSH with
# host keys (OpenSSH).
#
#   serve.sh start FOLDER ADDRESS   serves on ADDRESS; FOLDER/env is then to be sourced
#   serve.sh stop FOLDER
#
# FOLDER/env exports
#   GIT_HTTPS, GIT_SSH   addresses of one repository, made from repository/ here
#   GIT_BARE             the same as a folder, to commit to and to look at
# and FOLDER/https and FOLDER/ssh hold the keys of the Secrets that open it, a file each.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
die() { echo "git server: $*" >&2; exit 1; }
(($# >= 2)) || { echo "usage: serve.sh start FOLDER ADDRESS | stop FOLDER" >&2; exit 2; }
action=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)

free_port() {
    local port
    for ((i = 0; i < 100; i++)); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/$1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    die "no free port on $1"
}

make_repository() {
    local work=$folder/work
    # Written to by the web server's user, by ssh's and by tests.
    git init --quiet --bare --shared=0777 --initial-branch=main "$folder/tools.git"
    git -C "$folder/tools.git" config http.receivepack true
    git init --quiet --initial-branch=main "$work"
    cp -r "$here/repository/." "$work"
    git -C "$work" add .
    git -C "$work" -c user.name=test -c user.email=test@example.com commit --quiet -m "The tools"
    git -C "$work" push --quiet "$folder/tools.git" main
    rm -r "$work"
}

make_certificates() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca \
        -keyout "$folder/ca.key" -out "$folder/https/ca.crt" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj /CN=git -keyout "$folder/server.key" \
        -out "$folder/server.csr" 2>/dev/null
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/https/ca.crt" -CAkey "$folder/ca.key" \
        -CAcreateserial -days 2 -extfile <(echo "subjectAltName=IP:$address") \
        -out "$folder/server.crt" 2>/dev/null
}

serve_https() {
    printf 'robot' >"$folder/https/username"
    printf 'p4ss $(word) %s' "$RANDOM" >"$folder/https/password"
    printf 'robot:%s\n' "$(openssl passwd -apr1 -stdin <"$folder/https/password")" >"$folder/users"
    local server modules=/usr/lib/apache2/modules module
    server=$(command -v apache2 || echo /usr/sbin/apache2)
    [[ -x $server ]] || die "apache2-bin is missing ('make deps')"
    {
        for module in mpm_event authn_core authn_file authz_core authz_user auth_basic ssl cgid alias env; do
            echo "LoadModule ${module}_module $modules/mod_$module.so"
        done
        cat <<END
ServerName $address
Listen $address:$https_port
DefaultRuntimeDir "$folder"
PidFile "$folder/apache.pid"
ScriptSock "$folder/cgi.sock"
ErrorLog "$folder/apache.log"
SSLEngine on
SSLCertificateFile "$folder/server.crt"
SSLCertificateKeyFile "$folder/server.key"
SetEnv GIT_PROJECT_ROOT "$folder"
SetEnv GIT_HTTP_EXPORT_ALL
SetEnv GIT_CONFIG_COUNT 1
SetEnv GIT_CONFIG_KEY_0 safe.directory
SetEnv GIT_CONFIG_VALUE_0 *
ScriptAlias "/" "$(git --exec-path)/git-http-backend/"
<Location "/">
    AuthType Basic
    AuthName git
    AuthUserFile "$folder/users"
    Require valid-user
</Location>
END
        # Root starts it, somebody else answers.
        ((EUID != 0)) || printf 'User www-data\nGroup www-data\n'
    } >"$folder/apache.conf"
    ((EUID != 0)) || { chmod 711 "$folder"; }
    "$server" -DFOREGROUND -f "$folder/apache.conf" >>"$folder/apache.log" 2>&1 </dev/null &
    echo $! >>"$folder/pids"
}

serve_ssh() {
    local server
    server=$(command -v sshd || echo /usr/sbin/sshd)
    [[ -x $server ]] || die "openssh-server is missing ('make deps')"
    ssh-keygen -q -t ed25519 -N '' -f "$folder/host_key"
    ssh-keygen -q -t ed25519 -N '' -C robot -f "$folder/ssh/ssh-privatekey"
    printf 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" %s\n' \
        "$(<"$folder/ssh/ssh-privatekey.pub")" >"$folder/authorized_keys"
    rm "$folder/ssh/ssh-privatekey.pub"
    echo "[$address]:$ssh_port $(cut -d' ' -f1,2 "$folder/host_key.pub")" >"$folder/ssh/known_hosts"
    mkdir -p /run/sshd
    "$server" -D -e -f /dev/null -p "$ssh_port" -h "$folder/host_key" -o ListenAddress="$address" \
        -o AuthorizedKeysFile="$folder/authorized_keys" -o StrictModes=no -o PasswordAuthentication=no \
        -o PidFile=none >>"$folder/sshd.log" 2>&1 </dev/null &
    echo $! >>"$folder/pids"
}

wait_for() {
    for ((i = 0; i < 100; i++)); do
        if (exec 3<>"/dev/tcp/$address/$1") 2>/dev/null; then return; fi
        sleep 0.1
    done
    cat "$folder"/*.log >&2
    die "port $1 does not answer"
}

case $action in
    start)
        address=${3:?ADDRESS}
        [[ ! -e $folder/pids ]] || die "$folder serves already"
        mkdir -p "$folder"/{https,ssh}
        https_port=$(free_port "$address")
        ssh_port=$(free_port "$address")
        make_repository
        make_certificates
        serve_https
        serve_ssh
        wait_for "$https_port"
        wait_for "$ssh_port"
        {
            echo "export GIT_HTTPS=https://$address:$https_port/tools.git"
            echo "export GIT_SSH=ssh://$(id -un)@$address:$ssh_port$folder/tools.git"
            echo "export GIT_BARE=$folder/tools.git"
        } >"$folder/env"
        ;;
    stop)
        [[ -e $folder/pids ]] || exit 0
        while read -r pid; do kill "$pid" 2>/dev/null || true; done <"$folder/pids"
        # Apache removes files of its own while it ends.
        while read -r pid; do
            for ((i = 0; i < 50; i++)); do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
        done <"$folder/pids"
        rm -rf "$folder"
        ;;
    *) die "neither start nor stop: $action" ;;
esac
