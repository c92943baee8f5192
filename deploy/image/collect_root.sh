#!/usr/bin/env bash
# Makes the root folder of the operator's image from a built binary: the stripped
# binary, the shared libraries it needs and nothing else; no shell, no package
# manager. Run by the Dockerfile's builder stage and by tests/image/assemble.sh, on
# the Debian release the binary was built on.
#
#   collect_root.sh BINARY ROOT
set -euo pipefail
umask 022

(($# == 2)) || { echo "usage: collect_root.sh BINARY ROOT" >&2; exit 2; }
binary=$1 root=$2
die() { echo "collect_root: $*" >&2; exit 1; }
[[ -x $binary ]] || die "$binary is no program"
mkdir -p "$root"
[[ -z $(ls -A "$root") ]] || die "$root is not empty"

mkdir -p "$root"/{etc,usr/bin,usr/share/doc}
strip --output-target="$(objdump -f "$binary" | sed -n 's/.*file format //p')" \
    -o "$root/usr/bin/bootstrap-operator" "$binary"
chmod 755 "$root/usr/bin/bootstrap-operator"

# The loader finds libraries in Debian's own folders without a cache.
libraries=$(ldd "$binary")
[[ $libraries != *"not found"* ]] || die "libraries are missing: $libraries"
while read -r library; do
    mkdir -p "$root${library%/*}"
    cp --dereference "$library" "$root$library"
    # Their licences ask to be passed on.
    owner=$(dpkg-query --search "$library" "/usr$library" "$(readlink -f "$library")" 2>/dev/null |
        sed 's/:.*//' | sort -u | head -n 1) || true
    [[ -n $owner ]] || die "$library belongs to no package: was $binary built on this system?"
    mkdir -p "$root/usr/share/doc/$owner"
    cp --dereference "/usr/share/doc/$owner/copyright" "$root/usr/share/doc/$owner/copyright"
done < <(grep -oE '/[^ ]+ \(0x' <<<"$libraries" | sed 's/ (0x$//' | sort -u)

printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' >"$root/etc/group"
