#!/usr/bin/env bash
# Installs the operator in a running local cluster as a user would: its image, its
# manifests, its own rights.
#
#   deploy_operator.sh ENV BINARY [OVERLAY]     ENV: the cluster's file of exports; OVERLAY: in place of deploy/base
set -euo pipefail

(($# == 2 || $# == 3)) || { echo "usage: deploy_operator.sh ENV BINARY [OVERLAY]" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
binary=$2
# shellcheck source=/dev/null
source "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
k() { timeout 120 "$KUBECTL" "$@"; }

"$root/tests/image/assemble.sh" "$binary" "$work/operator.tar"
"$root/tests/cluster/load-image.sh" "$work/operator.tar" --name "$CLUSTER_NAME"
before=$(k get deployment bootstrap-operator -n bootstrap-operator --ignore-not-found -o name 2>/dev/null) || true
k apply -k "${3:-$root/deploy/base}"
k wait --for=condition=Established --timeout=30s \
    crd/bootstrapworkflows.bootstrap.openshift.io crd/bootstrapworkflowtemplates.bootstrap.openshift.io
# The image has the same name as the one that may run already.
[[ -z $before ]] ||
    k rollout restart -n bootstrap-operator deployment/bootstrap-operator
if ! k rollout status -n bootstrap-operator deployment/bootstrap-operator --timeout=90s; then
    k describe pods -n bootstrap-operator >&2 || true
    k logs -n bootstrap-operator deployment/bootstrap-operator --tail=50 >&2 || true
    exit 1
fi
