#!/usr/bin/env bash
# Tests the cluster scripts themselves on this machine: that containers run, that
# pods reach the API, and that nothing is left behind, however it ended. Needs
# root; a few minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=selftest
work=$(mktemp -d)
clean_up() {
    local cluster
    for cluster in $name $name-api $name-two; do
        "$here/down.sh" --name "$cluster" --purge 2>/dev/null
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

step() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
k() { timeout 60 "$KUBECTL" "$@"; }
# eventually COMMAND...: within 30 s.
eventually() {
    local deadline=$((SECONDS + 30))
    until timeout 10 "$@" >"$work/out" 2>&1; do
        ((SECONDS < deadline)) || { cat "$work/out"; fail "never: $*"; }
        sleep 0.2
    done
}

up() {
    local begin=$EPOCHREALTIME
    "$here/up.sh" "$@" >"$work/up.out" 2>"$work/up.log" || { cat "$work/up.log"; fail "up.sh $*"; }
    echo "   up.sh $*: $(seconds_since "$begin") s"
    # shellcheck source=/dev/null
    source "$(sed -n 's/^ENV=//p' "$work/up.out")"
    [[ $(tail -n 1 "$work/up.out") == "KUBECONFIG=$KUBECONFIG" ]] || fail "KUBECONFIG= is not the last line"
}

down() {
    local begin=$EPOCHREALTIME
    "$here/down.sh" "$@" 2>"$work/down.log" || { cat "$work/down.log"; fail "down.sh $*"; }
    echo "   down.sh $*: $(seconds_since "$begin") s"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}'; }

# What of this machine a cluster could leave something in. Other clusters may
# come and go meanwhile: of processes and the like only ours are looked at.
traces() {
    local process arguments
    for process in /proc/[0-9]*; do
        arguments=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") || continue
        [[ $arguments != *"/$name"* || $arguments == *_test.sh* ]] || echo "process $arguments"
    done
    sed 's/^/mount /' /proc/self/mounts | grep "$name" || true
    find /sys/fs/cgroup -maxdepth 3 -type d -name "bootstrap-$name*"
}
machine() {
    iptables-save 2>/dev/null | sed -e '/^#/d' -e 's/\[.*//'
    ip -o link | sed -e 's/^[0-9]*: //' -e '/^bootstrap/d'
    ip route | sed '/dev bootstrap/d'
    cat /proc/sys/vm/{overcommit_memory,panic_on_oom} /proc/sys/kernel/{panic,panic_on_oops} \
        /proc/sys/kernel/keys/root_max{keys,bytes} /proc/sys/net/ipv4/ip_forward
    find /var/lib /var/log /etc/cni /run -maxdepth 2 ! -path '/run/*user*' ! -path '*.log' \
        ! -path '/var/lib/apt*' ! -path '/var/lib/dpkg*' 2>/dev/null | sort || true
}
nothing_left() {
    local left
    for _ in {1..50}; do
        left=$(traces)
        [[ -n $left ]] || break
        sleep 0.1
    done
    [[ -z $left ]] || fail "left behind: $left"
    [[ ! -e /sys/class/net/$link ]] || fail "the link $link is left behind"
    diff "$work/machine" <(machine) || fail "the machine is not as it was"
}

machine >"$work/machine"
link=none

step "a cluster starts and says so the second time"
up --name $name
link=$(<"$CLUSTER_STATE/run/link")
[[ $(k get node -o jsonpath='{.items[*].status.nodeInfo.kubeletVersion}') == v1.35.* ]] || fail "version"
up --name $name
grep -q 'running already' "$work/up.log" || fail "started twice"
if "$here/up.sh" --name $name --control-plane-only 2>"$work/log"; then fail "two kinds under one name"; fi

step "a restricted Job succeeds, its output is read"
k create namespace restricted
k label namespace restricted pod-security.kubernetes.io/enforce=restricted
k apply -n restricted -f - <<'EOF'
apiVersion: batch/v1
kind: Job
metadata: {name: tool}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      securityContext: {runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
      volumes: [{name: work, emptyDir: {}}]
      containers:
      - name: tool
        image: busybox:1.35
        command: [/usr/bin/env, sh, -euc]
        args: ["id -u; echo written >/work/file; cat /work/file; grep -E 'CapEff|Seccomp:' /proc/self/status"]
        volumeMounts: [{name: work, mountPath: /work}]
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
EOF
k wait -n restricted --for=condition=Complete job/tool
expected=$'65532\nwritten\nCapEff:\t0000000000000000\nSeccomp:\t2'
[[ $(k logs -n restricted job/tool) == "$expected" ]] || fail "log: $(k logs -n restricted job/tool)"
if k run -n restricted root --image=busybox:1.35 2>"$work/log"; then fail "PodSecurity admits anything"; fi
grep -q 'violates PodSecurity "restricted' "$work/log" || fail "$(<"$work/log")"

step "a pod reaches the API by its service with its own token, and only what it may"
k create role reader --verb=get --resource=configmaps
k create rolebinding reader --role=reader --serviceaccount=default:default
k create configmap greeting --from-literal=text=hello
# shellcheck disable=SC2016 # for the shell in the pod
k run reader --image=localhost/kubectl:1.35 --restart=Never --command -- sh -c \
    'kubectl get configmap greeting -o jsonpath="{.data.text} $KUBERNETES_SERVICE_HOST"; kubectl get secrets 2>/dev/null || echo " refused"'
eventually "$KUBECTL" wait --for=jsonpath='{.status.phase}'=Succeeded pod/reader
[[ $(k logs reader) == "hello ${SERVICE_CIDR%.*}.1 refused" ]] || fail "$(k logs reader)"

step "pods reach pods by a service, themselves too; so do the node and the machine"
k run web --image=busybox:1.35 --port=8080 --labels=app=web --command -- \
    sh -c 'echo page >/work/index.html; exec httpd -f -p 8080 -h /work'
k expose pod web --port=80 --target-port=8080
k wait --for=condition=Ready pod/web
service=$(k get service web -o jsonpath='{.spec.clusterIP}')
eventually "$KUBECTL" exec web -- wget -qO- "http://$service"
k run client --image=busybox:1.35 --restart=Never --command -- wget -qO- "http://$service"
eventually "$KUBECTL" wait --for=jsonpath='{.status.phase}'=Succeeded pod/client
[[ $(k logs client) == page ]] || fail "client got: $(k logs client)"
for address in "$service:80" "$(k get pod web -o jsonpath='{.status.podIP}'):8080"; do
    [[ $(timeout 10 busybox wget -qO- "http://$address") == page ]] || fail "no answer from $address"
done
# As the API server does for a webhook.
[[ $(nsenter --target "$(cut -d' ' -f1 "$CLUSTER_STATE/run/node_init.pid")" --net \
    timeout 10 busybox wget -qO- "http://$service") == page ]] || fail "the node does not reach a service"

step "the audit log knows who did it, in microseconds"
grep -qE '"requestURI":"/api/v1/namespaces/default/configmaps/greeting.*"username":"system:serviceaccount:default:default".*"requestReceivedTimestamp":"[^"]*\.[0-9]{6}Z"' "$AUDIT_LOG" ||
    fail "not in $AUDIT_LOG"

step "an image is loaded"
cp "$("$here/images.sh")/busybox.tar" "$work/image.tar"
[[ $("$here/load-image.sh" "$work/image.tar" --name $name) == *busybox:latest* ]] || fail "load-image.sh"

step "others beside it: an API server, with and without controllers, and a second node"
up --name $name-api --control-plane-only
[[ $(k get namespace default -o name) == namespace/default ]] || fail "no API"
down --name $name-api --purge
up --name $name-api --control-plane-only --with-controller-manager
k get serviceaccount default >/dev/null
up --name $name-two
k run hello --image=busybox:1.35 --restart=Never --command -- echo hello
eventually "$KUBECTL" wait --for=jsonpath='{.status.phase}'=Succeeded pod/hello
down --name $name-two --purge
down --name $name-api --purge
up --name $name
[[ $(k get pod web -o jsonpath='{.status.phase}') == Running ]] || fail "the first one did not survive"

step "a component that died is noticed, and the cluster started anew"
kill -KILL "$(cut -d' ' -f1 "$CLUSTER_STATE/run/kubelet.pid")"
up --name $name
grep -q "'kubelet' .* has ended" "$work/up.log" || fail "not noticed: $(<"$work/up.log")"
if k get pod web 2>/dev/null; then fail "not a new cluster"; fi
link=$(<"$CLUSTER_STATE/run/link")

step "stopped, nothing is left but logs"
down --name $name
nothing_left
[[ $(ls -A "$CLUSTER_STATE") == log ]] || fail "left in $CLUSTER_STATE: $(ls -A "$CLUSTER_STATE")"

step "interrupted at any moment, nothing is left"
for seconds in 0.2 0.5 1 2 3 4; do
    for signal in INT TERM KILL; do
        # In its own process group, and not ignoring INT, as what is started in the background does.
        set -m
        env --default-signal=INT "$here/up.sh" --name $name >"$work/up.out" 2>"$work/up.log" &
        pid=$!
        set +m
        sleep "$seconds"
        kill -"$signal" "$pid"
        begin=$EPOCHREALTIME
        if wait "$pid" 2>/dev/null; then fail "up.sh succeeded, interrupted after $seconds s"; fi
        echo "   $signal after $seconds s: ended in $(seconds_since "$begin") s"
        # Nothing can be done against KILL, but down.sh still knows all of it.
        [[ $signal != KILL ]] || down --name $name
        nothing_left
    done
done

step "and it starts again"
up --name $name
k get serviceaccount default >/dev/null
link=$(<"$CLUSTER_STATE/run/link")
down --name $name --purge
nothing_left
[[ ! -e $CLUSTER_STATE ]] || fail "$CLUSTER_STATE was not purged"
echo "all passed"
