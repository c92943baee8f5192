#!/usr/bin/env bash
# Makes the image localhost/git:1 as a docker-archive: busybox, git and ssh with the
# libraries they need, from the Debian packages of this machine. No user but root is
# known in it, as in most images.
#
#   image.sh OUT.tar
set -euo pipefail
umask 022

(($# == 1)) || { echo "usage: image.sh OUT.tar" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../cluster/lib/archive.sh
source "$here/../cluster/lib/archive.sh"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

mkdir -p "$root"/{bin,etc,tmp}
chmod 1777 "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
"$root/bin/busybox" --list | while read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"

exec_path=$(git --exec-path)
for program in /usr/bin/git /usr/bin/ssh "$exec_path/git-remote-https"; do
    mkdir -p "$root${program%/*}"
    cp --dereference "$program" "$root$program"
    grep -oE '/[^ ]+ \(0x' <<<"$(ldd "$program")" | sed 's/ (0x$//' | while read -r library; do
        mkdir -p "$root${library%/*}"
        [[ -e $root$library ]] || cp --dereference "$library" "$root$library"
    done
done
mkdir -p "$root/usr/bin"
ln -s /bin/env "$root/usr/bin/env"
write_image "$root" "$1" '"localhost/git:1"' '{"Cmd":["/bin/sh"],"Env":["PATH=/usr/bin:/bin"]}'
