# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this: build, out
# shellcheck disable=SC2034 # variables for it
# What the scripts that measure share. Sourced.

operator_user=system:serviceaccount:bootstrap-operator:bootstrap-operator
ideal_namespace=bench-engines
ideal_user=system:serviceaccount:$ideal_namespace:ideal-chain
ideal_pid=''

say() { echo "==> $*"; }
die() { echo "bench: $*" >&2; exit 1; }
k() { timeout 120 "$KUBECTL" "$@"; }

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
