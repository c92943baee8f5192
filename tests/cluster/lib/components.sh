# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this
# The components of a cluster and the order they start in. Sourced by up.sh.

component_names() {
    echo etcd apiserver
    [[ $mode == api ]] || echo controller-manager
    [[ $mode != fake-nodes ]] || echo scheduler kwok
    [[ $mode != full ]] || echo node node_init containerd scheduler kubelet kube-proxy
    [[ -z ${metrics:-} ]] || echo metrics-server
}

start_full() {
    node_start "$images/pause" "$programs"
    node_network
    node_cgroups
    pki_create "$state/pki" "$node_ip" "${service_cidr%.*}.1" 127.0.0.1
    write_audit_policy
    write_kubelet_config
    write_containerd_config

    start_containerd
    start_etcd 2379 2380
    start_apiserver "$node_ip" 6443 \
        --kubelet-client-certificate="$state/pki/apiserver-kubelet-client.crt" \
        --kubelet-client-key="$state/pki/apiserver-kubelet-client.key" \
        --kubelet-certificate-authority="$state/pki/ca.crt" \
        --kubelet-preferred-address-types=InternalIP
    import_own_images
    await_apiserver
    start_controller_manager
    start_scheduler
    start_kubelet
    start_kube_proxy
    wait_until 60 kubelet "the node is Ready" node_is_ready
    await_service_accounts
    wait_until 30 kube-proxy "the API server answers at its service address" \
        kubectl --server="https://${service_cidr%.*}.1" get --raw /readyz
    [[ -z $metrics ]] || start_metrics_server
}

# Behind the API server as an aggregated API, as everywhere; its Service has the node's address.
start_metrics_server() {
    local program port=4443
    capture program "$here/build.sh" metrics_server
    log "starting metrics-server"
    (cd "$state/pki" && certify metrics-server /O=system:masters/CN=metrics-server \
        DNS:metrics-server.kube-system.svc)
    kubeconfig_create "$state/pki" metrics-server "$api_url" >"$state/etc/metrics-server.kubeconfig"
    spawn metrics-server "$program/metrics-server" --secure-port="$port" --bind-address="$node_ip" \
        --kubeconfig="$state/etc/metrics-server.kubeconfig" \
        --authentication-kubeconfig="$state/etc/metrics-server.kubeconfig" \
        --authorization-kubeconfig="$state/etc/metrics-server.kubeconfig" \
        --tls-cert-file="$state/pki/metrics-server.crt" \
        --tls-private-key-file="$state/pki/metrics-server.key" \
        --kubelet-certificate-authority="$state/pki/ca.crt" \
        --kubelet-preferred-address-types=InternalIP --metric-resolution=15s
    kubectl create -f - >/dev/null <<EOF
apiVersion: v1
kind: Service
metadata: {name: metrics-server, namespace: kube-system}
spec: {ports: [{port: 443, targetPort: $port}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: metrics-server
  namespace: kube-system
  labels: {kubernetes.io/service-name: metrics-server}
addressType: IPv4
ports: [{port: $port}]
endpoints: [{addresses: [$node_ip]}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  group: metrics.k8s.io
  version: v1beta1
  service: {name: metrics-server, namespace: kube-system}
  caBundle: $(base64 -w0 "$state/pki/ca.crt")
  groupPriorityMinimum: 100
  versionPriority: 100
EOF
    wait_until 90 metrics-server "metrics.k8s.io says what the node uses" \
        kubectl get --raw "/apis/metrics.k8s.io/v1beta1/nodes/$node_name"
}

start_control_plane_only() {
    local ports options
    service_cidr=10.96.0.0/16
    mapfile -t ports < <(free_ports 3)
    pki_create "$state/pki" 127.0.0.1 10.96.0.1
    write_audit_policy
    start_etcd "${ports[0]}" "${ports[1]}"
    # Loopback is refused as an address to advertise, and nobody asks for it.
    options=(--endpoint-reconciler-type=none --advertise-address=192.0.2.1)
    # Without the controller that makes the ServiceAccounts no pod could be
    # created in a namespace by a test.
    [[ $mode != api ]] || options+=(--disable-admission-plugins=ServiceAccount)
    start_apiserver 127.0.0.1 "${ports[2]}" "${options[@]}"
    await_apiserver
    [[ $mode != api ]] || return 0
    start_controller_manager
    await_service_accounts
    [[ $mode != fake-nodes ]] || start_fake_nodes
}

# What happens to their pods: ../fake_nodes/pods.yaml.
start_fake_nodes() {
    local kwok
    capture kwok "$here/build.sh" kwok
    start_scheduler
    log "starting kwok"
    kubectl create -f - <<<'{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "fake-node"}}' >/dev/null
    # With leases, or it would be taken for lost after a minute.
    spawn kwok "$kwok/kwok" --kubeconfig="$state/kubeconfig" --config="$here/fake_nodes/pods.yaml" \
        --manage-all-nodes --node-lease-duration-seconds=40
    node_name=fake-node
    wait_until 60 kwok "the fake node is Ready" node_is_ready
}

await_service_accounts() {
    wait_until 30 controller-manager "the ServiceAccount 'default' is there" \
        kubectl get serviceaccount default --namespace default
}

# free_ports COUNT: below the range the kernel takes ports of outgoing
# connections from; at random, for two starts at once to differ.
free_ports() {
    local port found=()
    while ((${#found[@]} < $1)); do
        port=$((RANDOM % 12000 + 20000))
        [[ " ${found[*]} " != *" $port "* ]] || continue
        (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || found+=("$port")
    done
    printf '%s\n' "${found[@]}"
}

kubectl() {
    # Bounded, whatever state the server is in; and never through a proxy.
    NO_PROXY=127.0.0.1,198.18.0.0/15 timeout 15 "$programs/kubectl" \
        --kubeconfig="$state/kubeconfig" --request-timeout=10s "$@"
}

node_is_ready() {
    [[ $(kubectl get node "$node_name" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

start_etcd() {
    etcd_port=$1
    # Without waiting for the disk: the data does not outlive the cluster.
    spawn etcd "$programs/etcd" --data-dir="$state/etcd" --unsafe-no-fsync --log-level=warn \
        --listen-client-urls="http://127.0.0.1:$1" --advertise-client-urls="http://127.0.0.1:$1" \
        --listen-peer-urls="http://127.0.0.1:$2" --initial-advertise-peer-urls="http://127.0.0.1:$2" \
        --initial-cluster="default=http://127.0.0.1:$2"
}

# start_apiserver ADDRESS PORT [OPTION...]
start_apiserver() {
    local pki=$state/pki address=$1
    api_url=https://$1:$2
    kubeconfig_create "$pki" admin "$api_url" >"$state/kubeconfig"
    [[ $mode != full ]] || set -- "$@" --advertise-address="$address"
    log "starting etcd and the API server at $api_url"
    # OwnerReferencesPermissionEnforcement: OpenShift has it switched on.
    # Allowed front proxies: named, or each client certificate would be one.
    spawn apiserver "$programs/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd_port" \
        --bind-address="$address" --secure-port="$2" "${@:3}" \
        --service-cluster-ip-range="$service_cidr" \
        --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
        --client-ca-file="$pki/ca.crt" \
        --requestheader-client-ca-file="$pki/ca.crt" \
        --requestheader-allowed-names=front-proxy-client \
        --requestheader-username-headers=X-Remote-User \
        --requestheader-group-headers=X-Remote-Group \
        --requestheader-extra-headers-prefix=X-Remote-Extra- \
        --proxy-client-cert-file="$pki/front-proxy-client.crt" \
        --proxy-client-key-file="$pki/front-proxy-client.key" \
        --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$pki/service-account.pub" \
        --service-account-signing-key-file="$pki/service-account.key" \
        --authorization-mode=Node,RBAC \
        --enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement \
        --allow-privileged=true \
        --max-requests-inflight=2000 --max-mutating-requests-inflight=1000 \
        --audit-policy-file="$state/etc/audit-policy.yaml" \
        --audit-log-path="$logs/audit.log" --audit-log-maxsize=4000
}

await_apiserver() {
    wait_until 60 apiserver "the API server is ready" kubectl get --raw /readyz
}

start_controller_manager() {
    log "starting the controller manager"
    kubeconfig_create "$state/pki" controller-manager "$api_url" >"$state/etc/controller-manager.kubeconfig"
    # By default it sends 20 requests a second, and that would be the speed of
    # whatever is measured here.
    spawn controller-manager "$programs/kube-controller-manager" \
        --kubeconfig="$state/etc/controller-manager.kubeconfig" \
        --service-account-private-key-file="$state/pki/service-account.key" \
        --root-ca-file="$state/pki/ca.crt" --use-service-account-credentials=true \
        --kube-api-qps=300 --kube-api-burst=600 --concurrent-job-syncs=10 \
        --leader-elect=false --secure-port=0
}

start_scheduler() {
    kubeconfig_create "$state/pki" scheduler "$api_url" >"$state/etc/scheduler.kubeconfig"
    spawn scheduler "$programs/kube-scheduler" --kubeconfig="$state/etc/scheduler.kubeconfig" \
        --kube-api-qps=300 --kube-api-burst=600 --leader-elect=false --secure-port=0
}

start_containerd() {
    log "starting containerd"
    spawn containerd containerd --config "$state/etc/containerd.toml"
}

import_own_images() {
    local image
    wait_until 30 containerd "containerd answers" \
        timeout 5 ctr --address "$state/containerd.sock" --namespace k8s.io images list --quiet
    for image in pause busybox kubectl; do
        timeout 60 ctr --address "$state/containerd.sock" --namespace k8s.io \
            images import "$images/$image.tar" >>"$logs/images.log" 2>&1 ||
            die "cannot import $images/$image.tar: $(tail -n 5 "$logs/images.log")"
    done
}

start_kubelet() {
    log "starting the kubelet and kube-proxy"
    kubeconfig_create "$state/pki" kubelet "$api_url" >"$state/etc/kubelet.kubeconfig"
    spawn kubelet "$programs/kubelet" --kubeconfig="$state/etc/kubelet.kubeconfig" \
        --config="$state/etc/kubelet.yaml" --hostname-override="$node_name" --node-ip="$node_ip"
}

start_kube_proxy() {
    kubeconfig_create "$state/pki" kube-proxy "$api_url" >"$state/etc/kube-proxy.kubeconfig"
    # masquerade-all: answers of a pod to another pod that asked for its service
    # would else go directly, from an address that one never asked. Connection
    # tracking's size belongs to the machine.
    spawn kube-proxy "$programs/kube-proxy" --kubeconfig="$state/etc/kube-proxy.kubeconfig" \
        --hostname-override="$node_name" --proxy-mode=iptables --cluster-cidr="$pod_cidr" \
        --masquerade-all --conntrack-max-per-core=0
}
