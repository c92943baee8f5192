#!/usr/bin/env bash
# Loads a docker-archive (of 'buildah push docker-archive:...', 'docker save')
# into a running cluster and prints the names of its images.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/state.sh
source "$here/lib/state.sh"

usage() { echo "usage: load-image.sh TAR [--name NAME]   (default name: local)"; }

name=local tar=
while (($# > 0)); do
    case $1 in
        --name) name=${2:?--name needs a value}; shift ;;
        -h | --help) usage; exit 0 ;;
        -*) usage >&2; die "unknown argument: $1" ;;
        *) [[ -z $tar ]] || { usage >&2; die "one TAR at a time"; }; tar=$1 ;;
    esac
    shift
done
[[ -n $tar ]] || { usage >&2; exit 1; }
[[ -r $tar ]] || die "cannot read $tar"
cluster_locate "$name"
component_pid containerd >/dev/null || die "cluster '$name' has no running containerd: start it with up.sh"

ctr() { timeout 300 ctr --address "$state/containerd.sock" --namespace k8s.io "$@"; }

out=$(ctr images import "$tar") || die "cannot import $tar"
# "unpacking NAME (DIGEST)...done"
mapfile -t images < <(sed -n 's/^unpacking \([^ ]*\) .*/\1/p' <<<"$out")
((${#images[@]} > 0)) || die "no image with a name in $tar; containerd says: $out"

# The kubelet's side of containerd hears of the image a moment later and then
# marks it; a pod created earlier would try to pull it.
for image in "${images[@]}"; do
    deadline=$((SECONDS + 30))
    until [[ $(ctr images list "name==$image") == *io.cri-containerd.image=managed* ]]; do
        ((SECONDS < deadline)) || die "containerd does not take up $image"
        sleep 0.1
    done
    echo "$image"
done
