# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this
# Configuration files of the components, written to $state/etc. Sourced by up.sh.

# Reads of what the kubelet reported and times in microseconds of every request:
# hand-offs are measured and writes are counted from this log, by user.
write_audit_policy() {
    cat >"$state/etc/audit-policy.yaml" <<'EOF'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  verbs: [patch, update]
  resources: [{group: "", resources: [pods/status]}]
- level: Metadata
EOF
}

write_kubelet_config() {
    # Its own: with the machine's, pods would get the search domains of
    # whatever network it is in.
    echo "# no DNS server runs in the test cluster" >"$state/etc/resolv.conf"
    cat >"$state/etc/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $state/pki/kubelet.crt
tlsPrivateKeyFile: $state/pki/kubelet.key
containerRuntimeEndpoint: unix://$state/containerd.sock
# Control groups are made without systemd, which need not run; version 1 is
# refused by default.
cgroupDriver: cgroupfs
cgroupRoot: $cgroup_root
failCgroupV1: false
enforceNodeAllocatable: []
failSwapOn: false
# Measuring disk use per pod fails on some file systems; without it the kubelet
# knows nothing of its own disk either.
localStorageCapacityIsolation: $([[ -n $metrics ]] && echo true || echo false)
# Neither a full disk or memory nor an unused image is a reason to disturb a
# test; images could not be pulled again.
evictionHard: {}
imageGCHighThresholdPercent: 100
# No server is there; but without an address every pod adds an Event
# MissingClusterDNS to those that tests count.
clusterDNS: [${service_cidr%.*}.10]
clusterDomain: cluster.local
resolvConf: $state/etc/resolv.conf
maxPods: 250
kubeAPIQPS: 200
kubeAPIBurst: 400
EOF
}

write_containerd_config() {
    local snapshotter=overlayfs
    overlay_works || snapshotter=native
    cat >"$state/etc/containerd.toml" <<EOF
version = 2
root = "$state/containerd"
state = "/run/containerd"
[grpc]
  address = "$state/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  # Lowering the score of a pod's first process takes CAP_SYS_RESOURCE. Where
  # that is missing every pod fails with "can't get final child's PID from pipe".
  restrict_oom_score_adj = true
  # Loading a profile would leave it in the kernel of the machine.
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$cni_plugins"
    conf_dir = "$state/etc/cni"
EOF
    # Hairpin: a pod that asks for its own service gets its packets back through
    # the port they came from.
    mkdir -p "$state/etc/cni"
    cat >"$state/etc/cni/10-pods.conflist" <<EOF
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
]}
EOF
}

# In a container the state folder may lie on an overlay, which takes no second one.
overlay_works() {
    mkdir -p "$state"/node/overlay/{lower,upper,work,merged}
    in_node "cd $(printf %q "$state/node/overlay")
        mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
        umount merged" 2>>"$logs/node.log"
}
