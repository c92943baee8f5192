#!/usr/bin/env bash
# Starts a Kubernetes cluster on this machine: one node with real containers,
# or with --control-plane-only just an API server for integration tests, or with
# --fake-nodes one whose pods are only played; for both no root is needed. See
# README.md; down.sh stops it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/state.sh
source "$here/lib/state.sh"
# shellcheck source=lib/processes.sh
source "$here/lib/processes.sh"
# shellcheck source=lib/pki.sh
source "$here/lib/pki.sh"
# shellcheck source=lib/node.sh
source "$here/lib/node.sh"
# shellcheck source=lib/config.sh
source "$here/lib/config.sh"
# shellcheck source=lib/components.sh
source "$here/lib/components.sh"

node_name=node1
pause_image=localhost/bootstrap-pause:1
cni_plugins=/usr/lib/cni

usage() {
    cat <<'EOF'
usage: up.sh [--name NAME] [--with-metrics-server]
       up.sh [--name NAME] [--control-plane-only [--with-controller-manager] | --fake-nodes]

  --name NAME                which cluster (default: local); several may run at once
  --with-metrics-server      which serves metrics.k8s.io
  --control-plane-only       etcd and kube-apiserver only, on free ports of
                             127.0.0.1; needs no root
  --with-controller-manager  and kube-controller-manager
  --fake-nodes               the control plane, and kwok, which plays a node and its
                             pods: thousands of them, each for 20 ms; needs no root

Prints KUBECTL=, AUDIT_LOG=, ENV= and, last, KUBECONFIG= lines to stdout.
EOF
}

name=local mode=full controllers='' metrics=''
while (($# > 0)); do
    case $1 in
        --name) name=${2:?--name needs a value}; shift ;;
        --control-plane-only) mode=api ;;
        --fake-nodes) mode=fake-nodes ;;
        --with-controller-manager) controllers=yes ;;
        --with-metrics-server) metrics=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; die "unknown argument: $1" ;;
    esac
    shift
done
[[ $mode == full || -z $metrics ]] || die "--with-metrics-server needs a node with real containers"
[[ $mode != api || -z $controllers ]] || mode=api+controllers
programs='' images=''

main() {
    cluster_locate "$name"
    command -v openssl >/dev/null || die "openssl is missing ('make deps')"
    [[ $mode != full ]] || node_requirements
    cluster_lock
    if is_running; then
        log "cluster '$name' is running already"
        print_access
        return
    fi
    capture programs "$here/build.sh"
    [[ $mode != full ]] || capture images "$here/images.sh"
    log "starting cluster '$name' ($mode) in $state"
    trap clean_up EXIT
    cluster_stop
    rm -rf "$state"
    # Keys are in there.
    (umask 077 && mkdir -p "$state")
    mkdir -p "$run" "$logs" "$state/etc"
    echo "$mode" >"$state/mode"
    if [[ $mode == full ]]; then
        start_full
    else
        start_control_plane_only
    fi
    write_env
    trap - EXIT
    log "ready after $SECONDS s; stop it with: $here/down.sh --name $name"
    print_access
}

# is_running: whether all of it is there and answers. Half a cluster is none.
is_running() {
    local component expected
    [[ -s $state/mode && -s $state/env ]] || return 1
    if [[ $(<"$state/mode") != "$mode" ]]; then
        component_pid apiserver >/dev/null || return 1
        die "cluster '$name' runs as '$(<"$state/mode")', not as '$mode': choose another --name or stop it"
    fi
    # shellcheck source=/dev/null
    source "$state/env"
    programs=${KUBECTL%/*}
    expected=$(component_names)
    for component in $expected; do
        component_pid "$component" >/dev/null || { log "'$component' of cluster '$name' has ended"; return 1; }
    done
    kubectl get --raw /readyz >/dev/null 2>&1 || { log "the API server of '$name' does not answer"; return 1; }
    [[ $mode != full ]] || node_is_ready || { log "the node of '$name' is not Ready"; return 1; }
}

clean_up() {
    local code=$?
    trap '' INT TERM HUP
    trap - EXIT
    log "the start did not succeed: stopping what was started (logs: $logs)"
    cluster_stop
    exit "$((code == 0 ? 1 : code))"
}

# write_env: what tests need to know, to be sourced.
write_env() {
    local own="127.0.0.1,198.18.0.0/15"
    {
        write_export KUBECONFIG "$state/kubeconfig"
        write_export KUBECTL "$programs/kubectl"
        write_export AUDIT_LOG "$logs/audit.log"
        write_export CLUSTER_NAME "$name"
        write_export CLUSTER_STATE "$state"
        write_export API_SERVER "$api_url"
        write_export SERVICE_CIDR "$service_cidr"
        if [[ $mode == full ]]; then
            write_export CONTAINERD_SOCKET "$state/containerd.sock"
            write_export POD_CIDR "$pod_cidr"
            write_export NODE_IP "$node_ip"
            write_export HOST_IP "$host_ip"
        fi
        # The machine's proxy is not the way to its own clusters.
        echo "export NO_PROXY=\"\${NO_PROXY:+\$NO_PROXY,}$own\""
        echo "export no_proxy=\"\${no_proxy:+\$no_proxy,}$own\""
    } >"$state/env.new"
    mv "$state/env.new" "$state/env"
}

write_export() { printf 'export %s=%q\n' "$1" "$2"; }

print_access() {
    printf '%s\n' "KUBECTL=$programs/kubectl" "AUDIT_LOG=$logs/audit.log" "ENV=$state/env" \
        "KUBECONFIG=$state/kubeconfig"
}

main
