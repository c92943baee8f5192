#!/usr/bin/env bash
# Monitoring of nodes as it is, on a local cluster with the real metrics-server, the operator in it with the
# overlay node-disks, and a step that takes memory: the pressure must be seen in the status, as an Event and
# as a metric, and be over when the memory is free again. Takes about 6 minutes, needs root.
#
#   nodes_live.sh OPERATOR        what was built: build/release/operator/bootstrap-operator
#
# Not one of ctest's: metrics-server takes minutes to compile, and memory minutes to come and go.
set -euo pipefail

(($# == 1)) || { echo "usage: nodes_live.sh OPERATOR" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
operator=$(realpath "$1")
name=nodes-live
work=$(mktemp -d)
trap 'rm -rf "$work"; "$root/tests/cluster/down.sh" --name "$name" --purge || true' EXIT

say() { echo "==> $*"; }
die() {
    echo "nodes_live: $*" >&2
    k get bwf hungry -o yaml >&2 || true
    k logs -n bootstrap-operator deployment/bootstrap-operator --tail=20 >&2 || true
    exit 1
}
k() { timeout 240 "$KUBECTL" "$@"; }
condition() {
    k get bwf hungry -o jsonpath="{range .status.conditions[?(@.type==\"ResourcePressure\")]}${1:-{.type\} {.status\} {.reason\}: {.message\}}{\"\n\"}{end}"
}
metrics() {
    k get --raw /api/v1/namespaces/bootstrap-operator/services/bootstrap-operator-metrics:http/proxy/metrics |
        grep '^bootstrap_operator_node_' || true
}
# await STATUS: of ResourcePressure.
await() {
    local deadline=$((SECONDS + 240))
    until [[ $(condition '{.status}') == "$1" ]]; do
        ((SECONDS < deadline)) || die "ResourcePressure does not become $1"
        sleep 1
    done
}

"$root/tests/cluster/up.sh" --name "$name" --with-metrics-server >"$work/up"
env=$(sed -n 's/^ENV=//p' "$work/up")
# shellcheck source=/dev/null
source "$env"
"$root/tests/e2e/deploy_operator.sh" "$env" "$operator" "$root/deploy/overlays/node-disks" >"$work/deploy"

say "kubectl top node"
k top node
used=$(k top node --no-headers | awk '{print $5 + 0}')
allocatable=$(k get node -o jsonpath='{.items[0].status.allocatable.memory}')
# As much as takes the node well above a limit from which it can fall again.
limit=$((used + 7)) take=$((${allocatable%Ki} / 1024 * 12 / 100))
say "a step takes $take MiB for 75 s; the limit is $limit % of the node's memory"
k apply -f - <<YAML
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: hungry}
spec:
  monitoring: {interval: 15s, memoryPercent: $limit, cpuPercent: 100}   # other load is none of it
  tools:
    image: docker.io/library/busybox:1.35
    volumes: [{name: memory, emptyDir: {medium: Memory}}]
    volumeMounts: [{name: memory, mountPath: /memory}]
  phases:
  - name: work
    steps:
    - name: takes-memory
      script: |
        #!/bin/sh
        dd if=/dev/zero of=/memory/taken bs=1M count=$take 2>/dev/null
        sleep 75
        rm /memory/taken
        sleep 150
YAML
"$KUBECTL" get bwf hungry -w >"$work/watch" 2>/dev/null &
watch=$!

await True
say "while it has it"
condition
metrics | tee "$work/metrics"
for resource in memory cpu disk; do
    grep -q "node_${resource}_used_ratio{node=" "$work/metrics" || die "no metric of $resource"
done
await False
say "when it has given it back"
condition
k wait bwf/hungry --for=condition=Succeeded --timeout=230s
kill "$watch" 2>/dev/null || true
say "at the end"
condition
k get bwf hungry -o jsonpath='{.status.resources}{"\n"}'
k get events --field-selector involvedObject.name=hungry --sort-by=.firstTimestamp \
    -o custom-columns=TYPE:.type,REASON:.reason,MESSAGE:.message
say "kubectl get bwf -w"
cat "$work/watch"
for event in ResourcePressure ResourcePressureOver; do
    [[ -n $(k get events --field-selector "involvedObject.name=hungry,reason=$event" -o name) ]] ||
        die "no Event $event"
done
for resource in memory cpu disk; do
    [[ -n $(k get bwf hungry -o jsonpath="{.status.resources.$resource.peakPercent}") ]] ||
        die "no peak of $resource"
done
deadline=$((SECONDS + 90)) # series stay for a while, for the next step
until [[ -z $(metrics) ]]; do
    ((SECONDS < deadline)) || die "metrics of nodes on which nothing runs"
    sleep 1
done
say "the pressure was seen, and that it was over"
