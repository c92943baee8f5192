#!/usr/bin/env bash
# Installs the Debian packages of the named lists, as far as they are missing.
#
#   deps/install.sh build test check
#
# Says nothing and asks for no rights when all are there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($# > 0)) || { echo "usage: install.sh LIST...   (build, test, check)" >&2; exit 2; }

packages() { sed -e 's/#.*//' "${@/%/.txt}" | xargs; }
installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

cd "$here"
if ! command -v dpkg-query >/dev/null; then
    echo "deps: this is not a Debian or Ubuntu, so nothing is installed. What is needed: $(packages "$@")" >&2
    exit 0
fi
missing=()
for package in $(packages "$@"); do
    installed "$package" || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

as_root=()
if ((EUID != 0)); then
    command -v sudo >/dev/null || {
        echo "deps: missing packages, and neither root nor sudo to install them:" \
            "apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "deps: installing ${missing[*]}"
quietly() {
    local log
    log=$(mktemp)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || {
        local code=$?
        tail -n 30 "$log" >&2
        rm "$log"
        echo "deps: failed: $*" >&2
        exit "$code"
    }
    rm "$log"
}
# Debian starts the services of what it installs (an SSH server, containerd), now and at every boot.
# Nobody asked for them: the tests start their own.
policy=/usr/sbin/policy-rc.d
keep_services_down() {
    [[ ! -e $policy ]] || return 0
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
}
disable_at_boot() {
    local package
    [[ -d /run/systemd/system ]] || return 0
    for package in "${missing[@]}"; do
        case $package in
            openssh-server) quietly systemctl disable ssh.service ;;
            containerd) quietly systemctl disable containerd.service ;;
            prometheus) quietly systemctl disable prometheus.service ;;
        esac
    done
}

keep_services_down
# The network's hiccups must not end a run that would take half an hour to repeat.
quietly apt-get -o Acquire::Retries=3 update
quietly apt-get -o Acquire::Retries=3 install --yes --no-install-recommends "${missing[@]}"
disable_at_boot
