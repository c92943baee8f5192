#!/usr/bin/env bash
# Shows a whole setup run: a cluster, the operator, one workflow of six tools, and
# what a user sees of it. Prints every command it runs; cleans up at the end.
#
#   make demo                                    on a local cluster made for it (root)
#   CLUSTER=current IMAGE=registry/name:tag make demo
#                                                on the cluster of the current context, with
#                                                an operator image it can pull
#   KEEP=1 make demo                             leave it all there at the end
#
# Exit code 0 only if the workflow succeeded.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
namespace=bootstrap-demo workflow=full-setup
cluster=${CLUSTER:-local} image=${IMAGE:-} keep=${KEEP:-}
cluster_name=demo
KUBECTL=${KUBECTL:-kubectl}
work=$(mktemp -d)
watch_pid='' made_cluster='' made_namespace='' made_operator=''

say() { printf '\n==> %s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# run COMMAND...: says it as one would type it, and runs it. 2 minutes at most.
run() {
    printf '\n$ %s\n' "$*"
    [[ $1 != kubectl ]] || set -- "$KUBECTL" "${@:2}"
    timeout 120 "$@"
}

# quietly COMMAND...: its output only if it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "failed: $*"; }
}

clean_up() {
    local code=$?
    trap - EXIT
    trap '' INT TERM HUP
    stop_watch
    if [[ -n $keep && -n $made_namespace ]]; then
        keep_it
    else
        remove_it
    fi
    rm -rf "$work"
    exit "$code"
}

keep_it() {
    say "left running (KEEP=1)"
    if [[ -n $made_cluster ]]; then
        echo "to use it:   . $cluster_env; kubectl() { \"\$KUBECTL\" \"\$@\"; }; kubectl get bwf -n $namespace"
        echo "to stop it:  tests/cluster/down.sh --name $cluster_name"
    else
        echo "to remove it: kubectl delete namespace $namespace; kubectl delete -k deploy/base"
    fi
}

remove_it() {
    if [[ -n $made_cluster ]]; then
        say "stopping the local cluster"
        tests/cluster/down.sh --name "$cluster_name" --purge || true
        return
    fi
    if [[ -n $made_namespace ]]; then
        run kubectl delete namespace "$namespace" --ignore-not-found --timeout=90s || true
    fi
    if [[ -n $made_operator ]]; then
        run kubectl delete -k "$work/overlay" --ignore-not-found --timeout=90s || true
    fi
}

stop_watch() {
    [[ -n $watch_pid ]] || return 0
    kill "$watch_pid" 2>/dev/null || true
    wait "$watch_pid" 2>/dev/null || true
    watch_pid=
}

local_cluster() {
    ((EUID == 0)) || die "a local cluster runs real containers and needs root: sudo make demo," \
        "or CLUSTER=current IMAGE=... for a cluster you have"
    say "installing what is missing and building the operator"
    make operator
    say "starting a local Kubernetes (the first time it is compiled, which takes minutes)"
    made_cluster=yes
    tests/cluster/up.sh --name "$cluster_name" >"$work/up"
    cluster_env=$(sed -n 's/^ENV=//p' "$work/up")
    # shellcheck source=/dev/null
    source "$cluster_env"
    say "assembling the operator's image and loading it into the cluster"
    tests/image/assemble.sh build/release/operator/bootstrap-operator "$work/operator.tar"
    tests/cluster/load-image.sh "$work/operator.tar" --name "$cluster_name"
}

current_cluster() {
    command -v "$KUBECTL" >/dev/null || die "there is no kubectl"
    run kubectl config current-context
    quietly timeout 30 "$KUBECTL" get --raw /readyz
    [[ -n $image ]] || timeout 30 "$KUBECTL" get deployment bootstrap-operator -n bootstrap-operator >/dev/null 2>&1 ||
        die "CLUSTER=current needs IMAGE=registry/name:tag, the operator's image where the cluster can pull it" \
            "('make image' builds it)"
    # Never take away what somebody uses.
    if timeout 30 "$KUBECTL" get namespace "$namespace" >/dev/null 2>&1; then
        die "namespace $namespace is there already; delete it first if it is a former demo's"
    fi
}

deploy_operator() {
    if [[ -z $made_cluster ]] && timeout 30 "$KUBECTL" get deployment bootstrap-operator -n bootstrap-operator >/dev/null 2>&1; then
        say "the operator is installed already and stays as it is"
        return
    fi
    say "installing the operator"
    local manifests=deploy/base
    if [[ -n $image ]]; then
        overlay
        manifests=$work/overlay
        made_operator=yes
    fi
    run kubectl apply -k "$manifests"
    run kubectl rollout status deployment/bootstrap-operator -n bootstrap-operator --timeout=100s || {
        run kubectl describe pods -n bootstrap-operator || true
        die "the operator does not become ready"
    }
}

# overlay: deploy/base with another image. kustomize takes relative paths only.
overlay() {
    local name=${image%@*} choice
    if [[ $image == *@* ]]; then
        choice="digest: ${image#*@}"
    elif [[ ${image##*/} == *:* ]]; then
        name=${image%:*} choice="newTag: ${image##*:}"
    else
        choice="newTag: latest"
    fi
    mkdir -p "$work"/{deploy,overlay}
    cp -r crds "$work/crds"
    cp -r deploy/base "$work/deploy/base"
    cat >"$work/overlay/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../deploy/base]
images: [{name: bootstrap-operator, newName: $name, $choice}]
END
}

run_workflow() {
    say "one workflow: four phases, six tools, nothing else to write"
    run kubectl create namespace "$namespace"
    made_namespace=yes
    run kubectl apply -n "$namespace" -f deploy/samples/fullsetup-tools.yaml -f deploy/samples/fullsetup-workflow.yaml

    printf '\n$ kubectl get bwf -n %s -w\n' "$namespace"
    timeout 600 "$KUBECTL" get bwf -n "$namespace" -w &
    watch_pid=$!
    state=$(end_of_workflow)
    # The last line is to be seen before the watch ends.
    sleep 1
    stop_watch
}

# The state it ended in; empty after 10 minutes.
end_of_workflow() {
    local deadline=$((SECONDS + 600)) found
    while ((SECONDS < deadline)); do
        found=$(timeout 10 "$KUBECTL" get bwf "$workflow" -n "$namespace" -o 'jsonpath={.status.state}' 2>/dev/null) || true
        case $found in
            Succeeded | Failed | Cancelled | Invalid) echo "$found"; return ;;
        esac
        sleep 0.5
    done
}

show_results() {
    run kubectl describe bwf "$workflow" -n "$namespace"
    local job
    job=$(timeout 30 "$KUBECTL" get bwf "$workflow" -n "$namespace" \
        -o 'jsonpath={.status.phases[?(@.name=="cluster")].steps[0].job}') || true
    if [[ -n $job ]]; then
        say "the log of one tool; the Job's name is in the workflow's status"
        run kubectl logs -n "$namespace" "job/$job" || true
    fi
    run kubectl get bwf,jobs,pods -n "$namespace"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

case $cluster in
    local) local_cluster ;;
    current) current_cluster ;;
    *) die "CLUSTER is 'local' or 'current', not '$cluster'" ;;
esac
deploy_operator
run_workflow
show_results
[[ $state == Succeeded ]] || die "the workflow did not succeed: ${state:-it did not end within 10 minutes}"
say "the workflow succeeded"
