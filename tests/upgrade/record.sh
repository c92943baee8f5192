#!/usr/bin/env bash
# Records the objects of workflows in every state, as this version of the operator leaves them behind, for
# the versions that come after it. Once for a release; what is recorded is never recorded anew.
#
#   tests/upgrade/record.sh tests/upgrade/0.1      with kubectl at a cluster in which the operator runs
set -euo pipefail

out=${1:?usage: record.sh FOLDER}
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ ! -e $out ]] || { echo "record: $out is there already" >&2; exit 1; }
ns=recorded-$$
kubectl create namespace "$ns" >/dev/null
trap 'kubectl delete namespace "$ns" --wait=false >/dev/null' EXIT

state() { kubectl get bwf "$1" -n "$ns" -o jsonpath="{.status.$2}"; }
# await NAME FIELD VALUE
await() {
  for _ in $(seq 120); do
    [[ $(state "$1" "$2") != "$3" ]] || return 0
    sleep 1
  done
  echo "record: $1: $2 is $(state "$1" "$2"), not $3" >&2
  exit 1
}

kubectl apply -n "$ns" -f "$folder/workflows.yaml" >/dev/null
await suspended state Running
kubectl patch bwf suspended -n "$ns" --type merge -p '{"spec":{"suspend":true}}' >/dev/null
await cancelled state Running
kubectl patch bwf cancelled -n "$ns" --type merge -p '{"spec":{"cancel":true}}' >/dev/null
while read -r name field value; do await "$name" "$field" "$value"; done <<'STATES'
running progress.completed 3
waits-for-lock reason WaitingForLock
retries reason StepRetrying
asks state Waiting
approves state Waiting
runs-a-child reason ChildRunning
suspended state Suspended
succeeded state Succeeded
failed state Failed
cancelled state Cancelled
invalid state Invalid
STATES
sleep 5  # what is written last of all
mkdir -p "$out"
kubectl get bwf,bwft,jobs,pods,controllerrevisions,leases -n "$ns" -o json |
  jq --arg ns "$ns" '.items
    | map(del(.metadata.managedFields, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]))
    | map(if .kind == "Pod" then .spec = {} | del(.status.hostIP, .status.hostIPs, .status.podIP, .status.podIPs) else . end)
    | tojson | gsub($ns; "ns") | fromjson' >"$out/objects.json"
echo "recorded $(jq length "$out/objects.json") objects in $out"
