#!/usr/bin/env bash
# Builds the programs the tests run on, once, and prints the folder they are in.
# Nothing is downloaded but Go modules, pinned by go.sum; progress goes to stderr.
# Minutes the first time, nothing afterwards.
#
#   build.sh         Kubernetes and etcd
#   build.sh kwok    kwok, which plays nodes and pods
#   build.sh metrics_server
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=v1.35.4
cache=${BOOTSTRAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bootstrap-operator}

log() { echo "build: $*" >&2; }
die() { log "$@"; exit 1; }

case ${1:-kubernetes} in
    kubernetes)
        modules=(kubernetes etcd) folder=kubernetes-$version
        programs=(etcd kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubectl kubelet)
        ;;
    kwok) modules=(kwok) folder=kwok programs=(kwok) ;;
    metrics_server) modules=(metrics_server) folder=metrics-server programs=(metrics-server) ;;
    *) die "neither 'kubernetes' nor 'kwok' nor 'metrics_server': $1" ;;
esac
# The folder's name is its contents: other pins or another recipe, another folder.
hash=$(cd "$here" && cat "${modules[@]/%//go.mod}" "${modules[@]/%//go.sum}" build.sh | sha256sum | cut -c1-12)
target=$cache/$folder-$hash

finish() { echo "$target/bin"; exit 0; }
[[ -d $target ]] && finish

mkdir -p "$cache"
exec 9>"$target.lock"
if ! flock -n 9; then
    log "another build is at work: waiting for it"
    flock 9
fi
[[ -d $target ]] && finish

command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || die "Go 1.25 or newer is needed and no 'go' is in PATH"
# Asked inside the module, so that a Go that fetches newer toolchains itself
# (GOTOOLCHAIN=auto) answers for the one it would build with.
found=$(cd "$here/${modules[0]}" && GOWORK=off go env GOVERSION 2>&1) || true
if ! [[ $found =~ ^go1\.([0-9]+) ]] || ((BASH_REMATCH[1] < 25)); then
    die "Go 1.25 or newer is needed; 'go' ($(command -v go)) says: $found." \
        "Install one from https://go.dev/dl (Debian's is too old)" \
        "or, from Go 1.21 on, set GOTOOLCHAIN=auto"
fi

# Built aside and renamed when complete: an interrupted build leaves no half
# folder that looks whole. The lock makes the name ours; the rest of an earlier
# interrupted build goes first.
partial=$target.partial
rm -rf "$partial"
mkdir -p "$partial"/{bin,tmp}
child=
trap 'rm -rf "$partial"' EXIT
trap 'log interrupted; kill -- ${child:+"-$child"} 2>/dev/null; exit 130' INT TERM

# In the background, for bash to answer a signal while Go is at work, and as a
# process group with its temporary files in our folder, to end and clear it all
# at once: Go itself would first finish what it is compiling.
go_build() {
    (cd "$here/$1" && exec setsid env GOTMPDIR="$partial/tmp" CGO_ENABLED=0 GOWORK=off GOFLAGS= \
        go build -mod=readonly -trimpath -buildvcs=false "${@:2}" >&2) &
    child=$!
    wait "$child" || die "go build failed in $here/$1"
    child=
}

build_kubernetes() {
    local flags="-s -w" package commands=("${programs[@]:1}")
    # Without these the API server calls itself v0.0.0, and version checks of
    # kubectl, kubelet and others go wrong.
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=35"
    done
    go_build etcd -ldflags "-s -w" -o "$partial/bin/etcd" go.etcd.io/etcd/server/v3
    # All in one call: what they share is compiled once.
    go_build kubernetes -ldflags "$flags" -o "$partial/bin/" "${commands[@]/#/k8s.io/kubernetes/cmd/}"
}

build_kwok() { go_build kwok -ldflags "-s -w" -o "$partial/bin/" sigs.k8s.io/kwok/cmd/kwok; }
build_metrics_server() {
    go_build metrics_server -ldflags "-s -w" -o "$partial/bin/" sigs.k8s.io/metrics-server/cmd/metrics-server
}

log "$folder with $found: this takes minutes, once"
"build_${modules[0]}"

for program in "${programs[@]}"; do
    [[ -x $partial/bin/$program ]] || die "the build made no $program"
done
rm -rf "$partial/tmp"
mv "$partial" "$target"
log "done: $target"
finish
