#!/usr/bin/env bash
# What deploy/overlays/argocd/health.lua says of the workflows in cases/, and that these are all there
# are: every state of the CRD is among them, with the fields that the CRD has. Debian's Lua 5.1 stands
# for Argo CD's, which engine_test.sh asks: that takes minutes to compile.
#
#   health_test.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# JSON as a Lua expression. Strings are written alike in both, but for \u.
jq --null-input --raw-output '
    def lua:
        if type == "object" then "{\(to_entries | map("[\(.key | tojson)]=\(.value | lua)") | join(","))}"
        elif type == "array" then "{\(map(lua) | join(","))}"
        elif . == null then "nil"
        else tojson end;
    "return \([inputs | {file: (input_filename | sub(".*/"; ""))} + .] | lua)"' \
    "$here"/cases/*.json >"$work/cases.lua"
lua5.1 "$here/health_test.lua" "$root/deploy/overlays/argocd/health.lua" "$work/cases.lua" \
    "$root/crds/bootstrap.openshift.io_bootstrapworkflows.yaml"
