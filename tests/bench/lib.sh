# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this: build, out
# shellcheck disable=SC2034 # variables for it
# What the scripts that measure share. Sourced.

operator_user=system:serviceaccount:bootstrap-operator:bootstrap-operator
ideal_namespace=bench-engines
ideal_user=system:serviceaccount:$ideal_namespace:ideal-chain
ideal_pid='' own_pids=()

say() { echo "==> $*"; }
die() { echo "bench: $*" >&2; exit 1; }
k() { timeout 120 "$KUBECTL" "$@"; }

# Ends what was started on this machine, keeps the audit log, and stops the cluster unless it is to be kept.
clean_up() {
    local code=$? pid
    trap - EXIT
    trap '' INT TERM HUP
    for pid in "${own_pids[@]}" $ideal_pid; do
        kill "$pid" 2>/dev/null || true
    done
    [[ -z ${AUDIT_LOG:-} || ! -r $AUDIT_LOG ]] || cp "$AUDIT_LOG" "$out/audit.log"
    rm -f "$out"/*.kubeconfig
    [[ -n $keep ]] || "$root/tests/cluster/down.sh" --name "$name" --purge || true
    exit "$code"
}
clean_up_at_the_end() {
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# need_programs NAME...: below $build.
need_programs() {
    local program
    for program; do
        [[ -x $build/$program ]] || die "$build/$program is missing: make build"
    done
}

# wait_for_owner_checks: up to half a minute after a CRD was installed an API server that checks
# owner references (OwnerReferencesPermissionEnforcement) refuses those to its objects.
wait_for_owner_checks() {
    local deadline=$((SECONDS + 90))
    until k create -f - --dry-run=server >/dev/null 2>"$out/owner.log" <<'EOF'; do
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": "default", "ownerReferences": [
 {"apiVersion": "bootstrap.openshift.io/v1alpha1", "kind": "BootstrapWorkflow", "name": "probe", "uid": "0",
  "blockOwnerDeletion": true}]}}
EOF
        ((SECONDS < deadline)) || { cat "$out/owner.log" >&2; die "owner references to workflows are refused"; }
        sleep 1
    done
}

# start_cluster_and_operator NAME: one node with real containers, and the operator in it.
start_cluster_and_operator() {
    "$root/tests/cluster/up.sh" --name "$1" >"$out/up"
    # shellcheck source=/dev/null
    source "$(sed -n 's/^ENV=//p' "$out/up")"
    "$root/tests/e2e/deploy_operator.sh" "$(sed -n 's/^ENV=//p' "$out/up")" \
        "$build/operator/bootstrap-operator" >"$out/deploy.log"
}

restart_operator() {
    k rollout restart -n bootstrap-operator deployment/bootstrap-operator >/dev/null
    k rollout status -n bootstrap-operator deployment/bootstrap-operator --timeout=90s >/dev/null
}

# operator_pid: its PID on this machine, which sees into the cluster's node.
operator_pid() {
    local uid pid
    uid=$(k get pods -n bootstrap-operator -l app.kubernetes.io/name=bootstrap-operator -o json |
        jq -r '[.items[] | select(.metadata.deletionTimestamp == null)][0].metadata.uid')
    for pid in $(grep -l "pod$uid" /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3); do
        [[ $(<"/proc/$pid/comm") == bootstrap-opera ]] && { echo "$pid"; return; }
    done
    die "the operator's process is not found"
}

kib() { awk -v field="$1:" '$1 == field {print $2}' "/proc/$2/status"; }
now() { date -u +%Y-%m-%dT%H:%M:%S.%6NZ; }
# cpu_ticks PID: user and system time. The command in parentheses has no blanks here.
cpu_ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

image() { k get nodes -o json | jq -r '[.items[].status.images[].names[] | select(test("/busybox:[0-9]"))][0]'; }

# share_processors_like POD_PROCESS PROCESS: on a busy machine a process outside of all pods is
# woken sooner than one with a pod's share of the processors. Gives PROCESS a share like that of
# POD_PROCESS, beside its pod.
share_processors_like() {
    local group pod weight
    group=$(awk -F: '$2 == "cpu" || $2 == "cpu,cpuacct" {print "/sys/fs/cgroup/cpu" $3; found = 1}
                     $1 == "0" {unified = "/sys/fs/cgroup" $3} END {if (!found) print unified}' "/proc/$1/cgroup")
    pod=$(dirname "$group")
    mkdir -p "$(dirname "$pod")/ideal-chain"
    for weight in cpu.shares cpu.weight; do
        [[ ! -e $pod/$weight ]] || cat "$pod/$weight" >"$(dirname "$pod")/ideal-chain/$weight"
    done
    echo "$2" >"$(dirname "$pod")/ideal-chain/cgroup.procs"
}

# kubeconfig_of NAMESPACE ACCOUNT: of a ServiceAccount, for a process outside of the cluster.
kubeconfig_of() {
    k config view --raw --minify -o json |
        jq --arg token "$(k create token "$2" -n "$1" --duration=2h)" '.users[0].user = {token: $token}'
}

# start_ideal_chain IMAGE JOB TRIGGER: as a process of this machine, as somebody of its own with few
# rights. Sets ideal_pid.
start_ideal_chain() {
    say "starting the ideal chain"
    k create namespace "$ideal_namespace" >/dev/null
    k create serviceaccount ideal-chain -n "$ideal_namespace" >/dev/null
    k create clusterrole ideal-chain --verb=get,list,watch,create,patch \
        --resource=configmaps,pods,jobs.batch >/dev/null
    k create clusterrolebinding ideal-chain --clusterrole=ideal-chain \
        --serviceaccount="$ideal_namespace:ideal-chain" >/dev/null
    (umask 077 && kubeconfig_of "$ideal_namespace" ideal-chain >"$out/ideal.kubeconfig")
    "$build/tests/bench/ideal_chain" --kubeconfig "$out/ideal.kubeconfig" --job "$2" \
        --image "$1" --trigger "$3" >"$out/ideal.log" 2>&1 &
    ideal_pid=$!
    sleep 1
    kill -0 "$ideal_pid" 2>/dev/null || { cat "$out/ideal.log" >&2; die "the ideal chain has ended"; }
}
