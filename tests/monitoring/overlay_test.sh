#!/usr/bin/env bash
# What deploy/overlays/monitoring adds to the base: objects that find each other, and nothing else changes.
# Needs kubectl only, no server.
#
#   overlay_test.sh KUBECTL
set -euo pipefail

(($# == 1)) || { echo "usage: overlay_test.sh KUBECTL" >&2; exit 2; }
kubectl=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
source "$here/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# built FOLDER: the objects that it makes, as a list in JSON.
built() {
    "$kubectl" kustomize "$1" |
        "$kubectl" patch --local -f - --type merge -p '{}' -o json | jq -s 'sort_by(.kind, .metadata.name)'
}
# The part of an object or list, as jq has it.
of() { jq -Sc "$2" <<<"$1"; }

built "$root/deploy/base" >"$work/base"
built "$root/deploy/overlays/monitoring" >"$work/overlay"
added=$(jq -c --slurpfile base "$work/base" '. - $base[0]' "$work/overlay")
equal "objects that the base has and the overlay has otherwise" '[]' \
    "$(jq -c --slurpfile overlay "$work/overlay" '. - $overlay[0]' "$work/base")"
equal "what is added" \
    '["ConfigMap bootstrap-operator-dashboard","PrometheusRule bootstrap-operator","ServiceMonitor bootstrap-operator"]' \
    "$(of "$added" 'map("\(.kind) \(.metadata.name)")')"
equal "its namespaces" '["bootstrap-operator"]' "$(of "$added" 'map(.metadata.namespace) | unique')"
equal "its labels" '["bootstrap-operator"]' \
    "$(of "$added" '[.[].metadata.labels["app.kubernetes.io/name", "app.kubernetes.io/part-of"]] | unique')"

# The ServiceMonitor finds the Service and its port, and the alerts and the dashboard their job.
monitor=$(of "$added" '.[] | select(.kind == "ServiceMonitor").spec')
service=$(jq -c --argjson monitor "$monitor" 'map(select(.kind == "Service"
    and .metadata.namespace == "bootstrap-operator"
    and (.metadata.labels | contains($monitor.selector.matchLabels))))' "$work/overlay")
equal "Services that are found" '["bootstrap-operator-metrics"]' "$(of "$service" 'map(.metadata.name)')"
equal "port" "$(of "$service" 'map(.spec.ports[].name)')" "$(of "$monitor" '.endpoints | map(.port)')"
job=$(jq -r --argjson monitor "$monitor" '.[0].metadata.labels[$monitor.jobLabel]' <<<"$service")
equal "jobs in expressions" "$job" \
    "$(grep -ohE 'job=\\?"[^"\\]*' "$component/alerts.yaml" "$component/dashboard.json" | sed -E 's/.*"//' | sort -u)"

# Alerts say how bad it is, what it is, and what to look at.
alerts=$(of "$added" '[.[] | select(.kind == "PrometheusRule").spec.groups[].rules[]]')
equal "alerts without a severity" '[]' \
    "$(of "$alerts" 'map(select(.labels.severity | IN("critical", "warning", "info") | not).alert)')"
equal "alerts without a sentence as summary" '[]' \
    "$(of "$alerts" 'map(select(.annotations.summary // "" | test("^[A-Z].*\\.$") | not).alert)')"
equal "alerts without a description that names a command" '[]' \
    "$(of "$alerts" 'map(select(.annotations.description // "" | test("^[A-Z].*kubectl .*\\.$") | not).alert)')"
equal "alerts of one name" '[]' "$(of "$alerts" 'map(.alert) | group_by(.) | map(select(length > 1))')"

# Grafana gets the dashboard as it is in the file. kubectl apply keeps a copy of it in an annotation, of 256 KiB.
dashboard=$(of "$added" '.[] | select(.kind == "ConfigMap")')
equal "what Grafana looks for" '"1"' "$(of "$dashboard" '.metadata.labels.grafana_dashboard')"
equal "the dashboard" "$(jq -S . "$component/dashboard.json")" \
    "$(jq -r '.data["bootstrap-operator.json"]' <<<"$dashboard" | jq -S .)"
equal "files in the ConfigMap" 1 "$(of "$dashboard" '.data | length')"
equal "it is small enough" true "$(of "$dashboard" 'tojson | length < 200000')"
equal "panels of one id" '[]' \
    "$(jq -c '[.panels[].id] | group_by(.) | map(select(length > 1))' "$component/dashboard.json")"
# Each square of the grid belongs to one panel.
equal "panels that lie over each other" '[]' "$(jq -c '[.panels[] | . as {$title, gridPos: $at}
    | range($at.x; $at.x + $at.w) as $x | range($at.y; $at.y + $at.h) as $y | {$title, at: [$x, $y]}]
    | group_by(.at) | map(select(length > 1) | map(.title)) | unique' "$component/dashboard.json")"

# With the other component, in another namespace and with a label, as docs/monitoring.md has it.
mkdir "$work/own"
cat >"$work/own/kustomization.yaml" <<EOF
namespace: elsewhere
resources: [$(realpath --relative-to="$work/own" "$root/deploy/base")]
components:
- $(realpath --relative-to="$work/own" "$root/deploy/components/approvals")
- $(realpath --relative-to="$work/own" "$root/deploy/components/monitoring")
patches:
- target: {group: monitoring.coreos.com}
  patch: |-
    - {op: add, path: /metadata/labels/release, value: kube-prometheus-stack}
EOF
own=$(built "$work/own")
equal "namespace of one's own" '["elsewhere"]' "$(of "$own" '[.[].metadata.namespace // empty] | unique')"
equal "objects with a label of one's own" '["PrometheusRule","ServiceMonitor"]' \
    "$(of "$own" 'map(select(.metadata.labels.release).kind)')"
equal "approvals are there as well" 1 \
    "$(of "$own" 'map(select(.kind == "ValidatingAdmissionPolicy")) | length')"

finish
