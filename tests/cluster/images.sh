#!/usr/bin/env bash
# Makes the container images the test cluster brings along, without an image
# engine and without a registry, and prints the folder with pause.tar, busybox.tar
# and kubectl.tar (docker-archives) and the bare program 'pause'.
#
#   docker.io/library/busybox:latest and :<version>   every applet busybox has
#   localhost/kubectl:<Kubernetes version>            the same, and kubectl
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/archive.sh
source "$here/lib/archive.sh"
cache=${BOOTSTRAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bootstrap-operator}
pause_image=localhost/bootstrap-pause:1
tools_image=docker.io/library/busybox

log() { echo "images: $*" >&2; }
die() { log "$@"; exit 1; }

busybox=$(command -v busybox) || die "busybox is missing: install busybox-static ('make deps')"
# Debian's other package, busybox, needs a C library, which the image has not.
[[ $(LC_ALL=C ldd "$busybox" 2>&1) =~ not\ a\ dynamic|statically\ linked ]] ||
    die "$busybox is not static: install busybox-static ('make deps')"

programs=$("$here/build.sh")
hash=$({ cat "$here"/{images.sh,lib/archive.sh,pause.c} "$busybox"; echo "$programs"; } | sha256sum | cut -c1-12)
target=$cache/images-$hash
finish() { echo "$target"; exit 0; }
[[ -d $target ]] && finish
command -v gcc >/dev/null || die "gcc is missing ('make deps')"

mkdir -p "$cache"
partial=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT TERM

log "making the pause, busybox and kubectl images"
mkdir "$partial/pause"
gcc -static -O2 -s -o "$partial/pause/pause" "$here/pause.c"
write_image "$partial/pause" "$partial/pause.tar" "\"$pause_image\"" '{"Entrypoint":["/pause"],"User":"65535:65535"}'

root=$partial/busybox
mkdir -p "$root"/{bin,etc,home,root,tmp,usr,var,work}
chmod 1777 "$root"/{home,tmp,work}
cp "$busybox" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
"$busybox" --list | while read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
done
# For '#!/usr/bin/env sh' and the like.
ln -s bin "$root/sbin"
ln -s ../bin "$root/usr/bin"
ln -s ../bin "$root/usr/sbin"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nonroot:x:65532:65532:nonroot:/home:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' >"$root/etc/group"
# ':latest' alone would make pods without imagePullPolicy ask a registry; with
# the version as tag they take the image that is there.
shell_config='{"Cmd":["/bin/sh"],"Env":["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}'
release=$("$busybox" | sed -n '1s/^BusyBox v\([0-9]*\.[0-9]*\).*/\1/p')
write_image "$root" "$partial/busybox.tar" "\"$tools_image:latest\",\"$tools_image:$release\"" \
    "$shell_config"

[[ $programs =~ kubernetes-v([0-9]+\.[0-9]+) ]]
mv "$root" "$partial/kubectl"
cp "$programs/kubectl" "$partial/kubectl/bin/kubectl"
write_image "$partial/kubectl" "$partial/kubectl.tar" "\"localhost/kubectl:${BASH_REMATCH[1]}\"" "$shell_config"

mv "$partial/pause/pause" "$partial/pause.program"
rm -r "${partial:?}"/{pause,kubectl}
mv "$partial/pause.program" "$partial/pause"
# mktemp makes private folders; a cache may be shared.
chmod 755 "$partial"
# Lost race: another run made the same folder first.
mv -T "$partial" "$target" 2>/dev/null || [[ -d $target ]] || die "cannot write $target"
finish
