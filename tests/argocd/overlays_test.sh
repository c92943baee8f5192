#!/usr/bin/env bash
# What the overlays argocd and openshift-gitops make, patched into what is there, as docs/gitops.md says:
# the check is added whole, and nothing else changes. Needs kubectl only, no server.
#
#   overlays_test.sh KUBECTL
set -euo pipefail

(($# == 1)) || { echo "usage: overlays_test.sh KUBECTL" >&2; exit 2; }
kubectl=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
checks=0 failures=0

# equal WHAT EXPECTED ACTUAL
equal() {
    checks=$((checks + 1))
    [[ $2 != "$3" ]] || return 0
    failures=$((failures + 1))
    echo "FAIL $1: expected '$2', got '$3'" >&2
}
# patched OVERLAY FILE: FILE with the patch of that overlay, as JSON.
patched() {
    "$kubectl" kustomize "$root/deploy/overlays/$1" |
        "$kubectl" patch --local -f "$2" --type merge --patch-file /dev/stdin -o json
}

key=$("$kubectl" patch --local -f "$root/crds/bootstrap.openshift.io_bootstrapworkflows.yaml" --type merge -p '{}' -o json |
    jq -r '"resource.customizations.health.\(.spec.group)_\(.spec.names.kind)"')

# check OVERLAY PATH: PATH is that of the map that the key is added to.
check() {
    local before=$here/before/$1.json after
    after=$(patched "$1" "$before") || after=null
    equal "$1: the check" "$(<"$root/deploy/overlays/argocd/health.lua")" \
        "$(jq -r --arg key "$key" ".$2[\$key]" <<<"$after")"
    equal "$1: all else" "$(jq -S . "$before")" "$(jq -S --arg key "$key" "del(.$2[\$key])" <<<"$after")"
}
check argocd data
check openshift-gitops spec.extraConfig

echo "$checks checks, $failures failed"
((failures == 0))
