#!/usr/bin/env bash
# Measures how many workflows the operator runs beside an ideal chain where pods take no time, and what it
# does while nothing happens to many that run: on a control plane whose nodes and pods are played. Takes
# about 6 minutes, needs no root.
# What is measured and how to read it: docs/benchmarks.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=lib.sh
source "$here/lib.sh"

usage() {
    cat <<'EOF'
usage: fake_nodes.sh [options]        builds nothing: `make bench` does that first

  --batch N         workflows at once, of each engine (200; 0: leave that out)
  --running N       workflows of which a step runs on (1000; 0: leave that out)
  --quiet SECONDS   for how long it is watched then (60)
  --build FOLDER    what was built (build/release)
  --out FOLDER      where the figures, the audit log and logs go (build/bench/fake-nodes)
  --name NAME       of the local cluster (bench-fake)
  --keep            leave the cluster running
  --strict          exit code 2 when an aim is missed
EOF
}

batch=200 running=1000 quiet=60 build=$root/build/release out=$root/build/bench/fake-nodes name=bench-fake keep='' strict=()
operator_pid='' image=registry.example/tools:1
while (($# > 0)); do
    case $1 in
        --batch) batch=$2; shift ;;
        --running) running=$2; shift ;;
        --quiet) quiet=$2; shift ;;
        --build) build=$2; shift ;;
        --out) out=$2; shift ;;
        --name) name=$2; shift ;;
        --keep) keep=yes ;;
        --strict) strict=(--strict) ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 1 ;;
    esac
    shift
done

main() {
    need_programs operator/bootstrap-operator tests/bench/{ideal_chain,bench_driver,bench_report}
    mkdir -p "$out"
    rm -f "$out"/{run.json,bench.json,audit.log}
    clean_up_at_the_end

    say "starting a control plane with fake nodes, and the operator beside it"
    "$root/tests/cluster/up.sh" --name "$name" --fake-nodes >"$out/up"
    # shellcheck source=/dev/null
    source "$(sed -n 's/^ENV=//p' "$out/up")"
    start_operator
    wait_for_owner_checks
    ((batch == 0)) || measure_throughput
    ((running == 0)) || measure_quiet
}

measure_throughput() {
    local each
    for each in bench-{warm-up,fake-nodes}-{operator,ideal}; do
        k create namespace "$each" >/dev/null
    done
    start_ideal_chain "$image" "$here/plain_job.json" containers
    say "$batch workflows of each engine at once"
    "$build/tests/bench/bench_driver" --kubeconfig "$KUBECONFIG" --out "$out/run.json" \
        --image "$image" --serial 0 --batch "$batch" --batch-kind fake-nodes \
        --operator-pid "$operator_pid" --operator-user "$operator_user" \
        --ideal-pid "$ideal_pid" --ideal-user "$ideal_user" 2>"$out/driver.log" || {
        tail -n 3 "$out/driver.log" "$out/operator.log" >&2
        die "the run did not succeed; logs are in $out"
    }
    echo
    "$build/tests/bench/bench_report" --run "$out/run.json" --audit "$AUDIT_LOG" \
        --json "$out/bench.json" "${strict[@]}"
}

# measure_quiet: writes and CPU of the operator while steps of many workflows run and nothing happens.
measure_quiet() {
    local from ticks deadline=$((SECONDS + 300))
    say "$running workflows of which a step runs on, $quiet s"
    k create namespace bench-running >/dev/null
    jq -n --argjson count "$running" --arg image "$image" '
        {apiVersion: "v1", kind: "List", items: [range($count) | {
            apiVersion: "bootstrap.openshift.io/v1alpha1", kind: "BootstrapWorkflow",
            metadata: {name: "runs-\(.)", namespace: "bench-running"},
            spec: {tools: {image: $image}, phases: [{name: "p", steps: [{name: "stays", command: ["true"]}]}]}}]}' |
        k create -f - >/dev/null
    until (($(k get pods -n bench-running --field-selector status.phase=Running -o name | wc -l) == running)); do
        ((SECONDS < deadline)) || die "not all steps run; logs are in $out"
        sleep 2
    done
    sleep 10 # until what the last ones have made happen is over
    from=$(now) ticks=$(cpu_ticks "$operator_pid")
    sleep "$quiet"
    ticks=$(($(cpu_ticks "$operator_pid") - ticks))
    grep -F "\"username\":\"$operator_user\"" "$AUDIT_LOG" |
        jq -c --arg from "$from" 'select(.stage == "ResponseComplete" and .requestReceivedTimestamp >= $from)
            | {verb, resource: .objectRef.resource, uri: .requestURI}' >"$out/quiet.jsonl"
    jq -rs --argjson seconds "$quiet" --arg running "$running" \
        --argjson cpu "$(awk -v t="$ticks" -v s="$(getconf CLK_TCK)" 'BEGIN {print t / s}')" '
        def writes: map(select((.verb | IN("create", "update", "patch", "delete"))
            and (.resource | IN("subjectaccessreviews", "leases") | not))) | length;
        "\n\($running) workflows run, nothing happens for \($seconds) s:",
        "  writes \(writes) (aim 0: \(if writes == 0 then "ok" else "MISSED" end)), requests \(length), CPU \($cpu) s"' \
        "$out/quiet.jsonl"
    echo "  VmRSS $(kib VmRSS "$operator_pid") KiB"
}

# start_operator: as a process of this machine, with the rights it has in a cluster.
start_operator() {
    k apply -k "$root/deploy/base" >"$out/deploy.log"
    k wait --for=condition=Established --timeout=30s crd/bootstrapworkflows.bootstrap.openshift.io \
        crd/bootstrapworkflowtemplates.bootstrap.openshift.io >>"$out/deploy.log"
    (umask 077 && kubeconfig_of bootstrap-operator bootstrap-operator >"$out/operator.kubeconfig")
    "$build/operator/bootstrap-operator" --kubeconfig="$out/operator.kubeconfig" --http-port=0 \
        >"$out/operator.log" 2>&1 &
    operator_pid=$!
    own_pids+=("$operator_pid")
}

main
