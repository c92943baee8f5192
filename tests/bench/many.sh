#!/usr/bin/env bash
# Measures what many workflows in a cluster cost: memory and start of the operator with 1,000 and 10,000 that
# have ended, and whether the next one costs more then. Takes about 15 minutes, needs root.
# What is measured and how to read it: docs/benchmarks.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=lib.sh
source "$here/lib.sh"

usage() {
    cat <<'EOF'
usage: many.sh [options]       builds nothing: `make bench` does that first

  --sizes "N …"     finished workflows in the cluster at which memory and start are measured
                    ("1000 10000")
  --cost "A B"      finished workflows between which the cost of the next one is compared ("100 10000")
  --serial N        workflows of each engine for that (10)
  --starts N        starts of the operator for each size (3)
  --idle SECONDS    from Ready to the measuring of memory (60)
  --build FOLDER    what was built (build/release)
  --out FOLDER      where the figures, the audit log and logs go (build/bench/many)
  --name NAME       of the local cluster (bench-many)
  --keep            leave the cluster running
EOF
}

sizes='1000 10000' cost='100 10000' serial=10 starts=3 idle=60
build=$root/build/release out=$root/build/bench/many name=bench-many keep=''
while (($# > 0)); do
    case $1 in
        --sizes) sizes=$2; shift ;;
        --cost) cost=$2; shift ;;
        --serial) serial=$2; shift ;;
        --starts) starts=$2; shift ;;
        --idle) idle=$2; shift ;;
        --build) build=$2; shift ;;
        --out) out=$2; shift ;;
        --name) name=$2; shift ;;
        --keep) keep=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 1 ;;
    esac
    shift
done

main() {
    ((EUID == 0)) || die "a local cluster runs real containers and needs root"
    need_programs operator/bootstrap-operator tests/bench/{bench_driver,bench_fill,bench_report,ideal_chain}
    rm -rf "$out"
    mkdir -p "$out"
    clean_up_at_the_end
    say "starting a local cluster and the operator in it"
    start_cluster_and_operator "$name"
    wait_for_owner_checks
    run_pattern
    start_ideal_chain "$(image)" "$here/plain_job.json" containers
    : >"$out/table"
    local size
    for size in $(tr ' ' '\n' <<<"$sizes $cost" | sort -nu); do
        fill "$size"
        [[ " $sizes " != *" $size "* ]] || measure_starts "$size"
        [[ " $cost " != *" $size "* ]] || measure_cost "$size"
    done
    compare_cost
    echo
    printf '%-58s%14s%14s  %s\n' figure operator aim '' | cat - "$out/table"
}

# row FIGURE VALUE AIM [MET]: MET is a condition of awk.
row() {
    local verdict=''
    [[ -z ${4:-} ]] || verdict=$(awk "BEGIN {print ($4) ? \"ok\" : \"MISSED\"}")
    printf '%-58s%14s%14s  %s\n' "$1" "$2" "$3" "$verdict" >>"$out/table"
}

# The workflow that all finished ones are like: it has really run.
run_pattern() {
    k create namespace many >/dev/null
    k create -n many -f - >/dev/null <<EOF
apiVersion: bootstrap.openshift.io/v1alpha1
kind: BootstrapWorkflow
metadata: {name: pattern}
spec:
  tools: {image: "$(image)"}
  phases:
  - name: work
    steps: [{name: a, command: ["true"]}, {name: b, command: ["true"]}, {name: c, command: ["true"]}, {name: d, command: ["true"]}]
EOF
    k wait -n many bwf/pattern --for=condition=Succeeded --timeout=90s >/dev/null
}

filled=0
# fill SIZE: up to that many finished workflows. Without the operator, for which each is a new one until it
# has its status.
fill() {
    say "$1 finished workflows"
    scale_operator 0
    "$build/tests/bench/bench_fill" --kubeconfig "$KUBECONFIG" --namespace many --like pattern \
        --from $((filled + 1)) --to "$1"
    filled=$1
    scale_operator 1
    k rollout status -n bootstrap-operator deployment/bootstrap-operator --timeout=120s >/dev/null
}

# scale_operator REPLICAS: with none, until it has ended.
scale_operator() {
    k scale -n bootstrap-operator deployment/bootstrap-operator --replicas="$1" >/dev/null
    (($1 > 0)) ||
        k wait -n bootstrap-operator pod -l app.kubernetes.io/name=bootstrap-operator --for=delete --timeout=60s >/dev/null
}

# measure_starts SIZE: from the begin of the process until it is in sync, and its memory after a while.
measure_starts() {
    local start pid ready alone rss=0 slowest=0 slowest_alone=0 limit aim
    say "the operator with $1 finished workflows, $starts starts, $idle s each"
    for ((start = 1; start <= starts; start++)); do
        scale_operator 0
        scale_operator 1
        ready=$(seconds_to_sync)
        pid=$(operator_pid)
        sleep "$idle"
        echo "$1 finished, start $start: in sync after $ready s, VmRSS $(kib VmRSS "$pid") KiB," \
            "RssAnon $(kib RssAnon "$pid") KiB" | tee -a "$out/starts"
        rss=$(larger "$rss" "$(kib VmRSS "$pid")")
        slowest=$(larger "$slowest" "$ready")
        alone=$(seconds_of_the_list)
        slowest_alone=$(larger "$slowest_alone" "$alone")
        cp "/proc/$pid/smaps" "$out/operator.smaps.$1.$start"
    done
    limit=$(($1 <= 1000 ? 30 : 100)) aim="<= $limit MiB"
    row "RSS with $1 finished workflows, largest of $starts" \
        "$(awk -v kib="$rss" 'BEGIN {printf "%.1f MiB", kib / 1024}')" "$aim" "$rss <= $limit * 1024"
    row "  start to in sync, slowest" "$slowest s" "<= 5 s" "$slowest <= 5"
    row "  kubectl reading the same list, slowest" "$slowest_alone s" -
}

larger() { awk -v a="$1" -v b="$2" 'BEGIN {print (a > b ? a : b)}'; }

# seconds_to_sync: of the operator's newest process, from its start to the first /readyz that is well, asked for
# in its pod: the kubelet tells an address, and that it is ready, seconds later. What is shorter than the few
# tenths of a second after which the process is found is told as that.
seconds_to_sync() {
    local pid started deadline=$((SECONDS + 120))
    until pid=$(operator_pid 2>/dev/null); do
        ((SECONDS < deadline)) || die "the operator does not start"
        sleep 0.1
    done
    until nsenter --target "$pid" --net curl --noproxy '*' -fs -m 1 http://127.0.0.1:8080/readyz >/dev/null; do
        ((SECONDS < deadline)) || die "the operator does not get in sync"
        sleep 0.02
    done
    # Ticks since the machine was started, as /proc/uptime counts.
    started=$(awk '{print $22}' "/proc/$pid/stat")
    awk -v started="$started" -v second="$(getconf CLK_TCK)" '{printf "%.2f", $1 - started / second}' /proc/uptime
}

# seconds_of_the_list: what the API server itself needs for what the operator begins with, read and thrown away.
seconds_of_the_list() {
    local path=/apis/bootstrap.openshift.io/v1alpha1/bootstrapworkflows began
    path+='?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=30'
    began=$(awk '{print $1}' /proc/uptime)
    grep -m1 -q initial-events-end < <(k get --raw "$path" 2>/dev/null) || die "the API server does not end its list"
    awk -v began="$began" '{printf "%.2f", $1 - began}' /proc/uptime
}

# measure_cost SIZE: of the next workflows, beside the ideal chain's.
measure_cost() {
    local each
    say "$serial workflows of each engine beside $1 finished ones"
    for each in warm-up serial; do
        k create namespace "at-$1-$each-operator" >/dev/null
        k create namespace "at-$1-$each-ideal" >/dev/null
    done
    share_processors_like "$(operator_pid)" "$ideal_pid"
    "$build/tests/bench/bench_driver" --kubeconfig "$KUBECONFIG" --out "$out/run-$1.json" --prefix "at-$1-" \
        --image "$(image)" --serial "$serial" --batch 0 \
        --operator-pid "$(operator_pid)" --operator-user "$operator_user" \
        --ideal-pid "$ideal_pid" --ideal-user "$ideal_user" 2>"$out/driver.log" ||
        { tail -n 3 "$out/driver.log" >&2; die "the run did not succeed; logs are in $out"; }
    "$build/tests/bench/bench_report" --run "$out/run-$1.json" --audit "$AUDIT_LOG" \
        --json "$out/bench-$1.json" >"$out/report-$1"
}

compare_cost() {
    local from=${cost% *} to=${cost#* } figure
    # value SIZE PATH
    value() { jq -r ".measured.serial.$2" "$out/bench-$1.json"; }
    for figure in cpuSecondsPerWorkflow handOffSeconds.p50 writesPerWorkflow; do
        row "$figure beside $from and $to finished workflows" \
            "$(printf '%.4f %.4f' "$(value "$from" "operator.$figure")" "$(value "$to" "operator.$figure")")" \
            "within 10 %" "$(value "$to" "operator.$figure") <= 1.1 * $(value "$from" "operator.$figure")"
        row "  the ideal chain's" \
            "$(printf '%.4f %.4f' "$(value "$from" "ideal.$figure")" "$(value "$to" "ideal.$figure")")" -
    done
    awk -v a="$(value "$from" ideal.handOffSeconds.p50)" -v b="$(value "$to" ideal.handOffSeconds.p50)" 'BEGIN {
        if (a > 0.015 || b > 0.015) print "The machine is too busy: the ideal chain itself needs more than 15 ms, no time means anything."
    }' >>"$out/table"
}

main
