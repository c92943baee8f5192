#!/usr/bin/env bash
# Builds the whole Dockerfile to a docker-archive, with what this machine has: docker,
# podman, or else buildah without a daemon. Where no registry answers, the base image
# is made from Debian's packages under the name the Dockerfile uses.
#
#   build.sh OUT.tar [NAME]      (default name: bootstrap-operator:dev)
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
(($# == 1 || $# == 2)) || { echo "usage: build.sh OUT.tar [NAME]" >&2; exit 2; }
mkdir -p "$(dirname "$1")"
out=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") name=${2:-bootstrap-operator:dev}
base=$(sed -n 's/^FROM \([^ ]*\) AS builder$/\1/p' "$root/Dockerfile")

log() { echo "image: $*" >&2; }
die() { log "$@"; exit 1; }

work=$(mktemp -d)
clean_up() {
    if [[ -d $work/storage ]]; then
        buildah_here rm --all >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

with_engine() {
    "$1" pull --quiet "$base" >/dev/null 2>&1 || return 1
    log "building with $1"
    "$1" build --tag "$name" "$root" >&2
    "$1" save --output "$work/image.tar" "$name"
}

# A storage of its own: nothing of the machine's is touched and nothing is left.
buildah_here() {
    BUILDAH_ISOLATION=chroot buildah --storage-driver=vfs \
        --root "$work/storage" --runroot "$work/run" "$@"
}

# A minimal Debian of the base's release, as its image is.
make_base() {
    local release container
    release=${base##*:}
    release=${release%-slim}
    log "no registry answers: making $base from Debian's packages"
    mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Retries "3"' "$release" "$work/base.tar" >&2
    container=$(buildah_here from scratch)
    buildah_here add --quiet "$container" "$work/base.tar" / >/dev/null
    buildah_here config --cmd bash "$container"
    buildah_here commit --quiet --rm "$container" "$base" >/dev/null
    rm "$work/base.tar"
}

with_buildah() {
    command -v buildah >/dev/null || die "no docker or podman that works, and no buildah: 'make deps-check'"
    ((EUID == 0)) || die "buildah without a daemon needs root here"
    timeout 120 buildah --storage-driver=vfs --root "$work/storage" --runroot "$work/run" \
        pull --quiet "$base" >/dev/null 2>&1 || make_base
    log "building with buildah"
    buildah_here build --layers=false --pull-never --quiet --tag "$name" "$root" >&2
    buildah_here push --quiet "localhost/$name" "docker-archive:$work/image.tar:docker.io/library/$name" ||
        die "cannot write the archive"
}

built=
for engine in docker podman; do
    if command -v $engine >/dev/null && timeout 20 $engine info >/dev/null 2>&1 && with_engine $engine; then
        built=yes
        break
    fi
done
[[ -n $built ]] || with_buildah
mv "$work/image.tar" "$out"
log "$name is in $out ($(du -h "$out" | cut -f1))"
