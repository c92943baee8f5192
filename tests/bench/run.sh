#!/usr/bin/env bash
# Measures the operator beside an ideal chain of Jobs on a local cluster, in one run,
# and prints a table; all figures go to a JSON file. Takes about 9 minutes, needs root.
# What is measured and how to read it: docs/benchmarks.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=lib.sh
source "$here/lib.sh"

usage() {
    cat <<'EOF'
usage: run.sh [options]        builds nothing: `make bench` does that first

  --serial N        workflows one at a time, of each engine (20)
  --batch N         workflows at once, of each engine (20; 0: leave that out)
  --starts N        starts of the operator to measure its memory after (3; 0: leave that out)
  --idle SECONDS    from Ready to the measuring of memory (60)
  --trigger T       what the ideal chain waits for: containers (the default), pod-phase,
                    job-condition
  --job FILE        the ideal chain's Job (tests/bench/plain_job.json)
  --build FOLDER    what was built (build/release)
  --out FOLDER      where bench.json, the audit log and logs go (build/bench)
  --name NAME       of the local cluster (bench)
  --keep            leave the cluster running
  --strict          exit code 2 when an aim is missed
EOF
}

serial=20 batch=20 starts=3 idle=60 trigger=containers job=$here/plain_job.json
build=$root/build/release out=$root/build/bench name=bench keep='' strict=()
while (($# > 0)); do
    case $1 in
        --serial) serial=$2; shift ;;
        --batch) batch=$2; shift ;;
        --starts) starts=$2; shift ;;
        --idle) idle=$2; shift ;;
        --trigger) trigger=$2; shift ;;
        --job) job=$2; shift ;;
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
    ((EUID == 0)) || die "a local cluster runs real containers and needs root: sudo make bench"
    need_programs operator/bootstrap-operator tests/bench/{ideal_chain,bench_driver,bench_report}
    mkdir -p "$out"
    rm -f "$out"/{run.json,bench.json,audit.log,idle.jsonl}
    clean_up_at_the_end

    say "starting a local cluster and the operator in it"
    start_cluster_and_operator "$name"
    measure_idle
    wait_for_owner_checks
    local each
    for each in bench-{warm-up,serial,batch}-{operator,ideal}; do
        k create namespace "$each" >/dev/null
    done
    start_ideal_chain "$(image)" "$job" "$trigger"
    share_processors_like "$(operator_pid)" "$ideal_pid"
    say "$serial workflows of each engine one at a time, in turns; then $batch at once"
    "$build/tests/bench/bench_driver" --kubeconfig "$KUBECONFIG" --out "$out/run.json" \
        --image "$(image)" --serial "$serial" --batch "$batch" \
        --operator-pid "$(operator_pid)" --operator-user "$operator_user" \
        --ideal-pid "$ideal_pid" --ideal-user "$ideal_user" 2>"$out/driver.log" ||
        explain_failure
    make_report
}

# What a person would look at first.
explain_failure() {
    tail -n 3 "$out/driver.log" >&2
    k logs -n bootstrap-operator deployment/bootstrap-operator --tail=20 >&2 || true
    k get bwf,jobs,pods -A >"$out/objects" 2>&1 || true
    die "the run did not succeed; logs are in $out"
}

# The operator's own log and the rest of what a look behind the figures needs stay in $out.
make_report() {
    k logs -n bootstrap-operator deployment/bootstrap-operator >"$out/operator.log" || true
    cp "/proc/$(operator_pid)/status" "$out/operator.status"
    jq --slurpfile idle "$out/idle.jsonl" '.idleStarts = $idle' "$out/run.json" >"$out/run.json.new"
    mv "$out/run.json.new" "$out/run.json"
    echo
    "$build/tests/bench/bench_report" --run "$out/run.json" --audit "$AUDIT_LOG" \
        --json "$out/bench.json" "${strict[@]}"
    echo
    echo "after all of it the operator holds $(kib VmRSS "$(operator_pid)") KiB" \
        "($((serial + batch + 2)) finished workflows); everything: $out/bench.json"
}

# measure_idle: memory, CPU and writes of an operator that has nothing to do.
measure_idle() {
    local start pid from before
    : >"$out/idle.jsonl"
    ((starts == 0)) || say "memory of the idle operator, $starts starts, $idle s each"
    for ((start = 1; start <= starts; start++)); do
        if ((start > 1)); then
            restart_operator
        fi
        pid=$(operator_pid) from=$(now) before=$(cpu_ticks "$pid")
        sleep "$idle"
        jq -nc --arg from "$from" --arg to "$(now)" --argjson rss "$(kib VmRSS "$pid")" \
            --argjson anonymous "$(kib RssAnon "$pid")" --argjson file "$(kib RssFile "$pid")" \
            --argjson ticks "$(($(cpu_ticks "$pid") - before))" --argjson second "$(getconf CLK_TCK)" \
            '{rssKiB: $rss, anonymousKiB: $anonymous, fileKiB: $file,
              cpuSeconds: ($ticks / $second), from: $from, to: $to}' >>"$out/idle.jsonl"
        cp "/proc/$pid/smaps" "$out/operator.smaps.$start"
    done
}

main
