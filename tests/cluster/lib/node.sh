# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this
# The test node: its own mount, network and PID namespaces on this machine, with
# the control plane, containerd and the kubelet inside. Sourced by up.sh.
#
# So the machine's packet filter, sysctls, /var and /run stay as they are, a
# Docker, a firewall or another test cluster on it do not get in the way, and
# stopping is killing one process.

# Of 198.18.0.0/15, set aside by RFC 2544 for tests: no real network is there.
# Cluster number i, up to 32 at once:
#   198.18.i.1, .2      machine, node
#   198.18.(128+i).0/24 services
#   198.19.(4i).0/22    pods
node_addresses() {
    host_ip=198.18.$1.1
    node_ip=198.18.$1.2
    service_cidr=198.18.$((128 + $1)).0/24
    pod_cidr=198.19.$((4 * $1)).0/22
}

# node_requirements: all of them at once, by the package that brings them.
node_requirements() {
    ((EUID == 0)) || die "containers need root: run this with sudo, or use --control-plane-only"
    local missing=() tool
    for tool in containerd:containerd ctr:containerd runc:runc iptables:iptables ip:iproute2 \
        conntrack:conntrack busybox:busybox-static openssl:openssl gcc:gcc nsenter:util-linux \
        mount:mount; do
        command -v "${tool%%:*}" >/dev/null || [[ " ${missing[*]} " == *" ${tool#*:} "* ]] ||
            missing+=("${tool#*:}")
    done
    [[ -x $cni_plugins/bridge ]] || missing+=(containernetworking-plugins)
    ((${#missing[@]} == 0)) || die "missing Debian packages: ${missing[*]} ('make deps' installs them)"
}

# node_start PAUSE BIN: makes the namespaces, sets node_process (its first process) and
# enter (the command to run something inside).
node_start() {
    mkdir -p "$state"/node/{kubelet,cni,sysctl,run} "$logs"/{pods,containers}
    cp "$1" "$state/node/pause"
    spawn node unshare --mount --net --pid --fork --kill-child --mount-proc --propagation slave \
        bash "$here/lib/node_init.sh" "$state" "$2"
    wait_until 10 node "the node's namespaces are made" test -e "$run/node-is-made"
    # unshare itself stays outside; its child is the namespaces' first process.
    node_process=$(child_of "$(component_pid node)")
    process_record "$node_process" >"$run/node_init.pid"
    node_entrance
}

# node_entrance: sets enter for the node whose first process is node_process.
node_entrance() { enter=(nsenter --target "$node_process" --mount --net --pid --); }

# child_of PID: of a process that has exactly one.
child_of() {
    local found
    found=$(grep -lE "^PPid:[[:space:]]+$1\$" /proc/[0-9]*/status 2>/dev/null) || true
    [[ $found =~ ^/proc/([0-9]+)/status$ ]] && echo "${BASH_REMATCH[1]}"
}

# node_network: a link from this machine to the node. It has no way further out:
# what runs in the cluster cannot come to depend on the outside.
node_network() {
    local number link
    for number in {0..31}; do
        link=bootstrap$number
        [[ -e /sys/class/net/$link ]] && continue
        # The name is taken by making it: of two starts at once only one can.
        if ip link add "$link" type veth peer name eth0 netns "$node_process" 2>"$logs/network.log"; then
            echo "$link" >"$run/link"
            break
        fi
        [[ -e /sys/class/net/$link ]] || die "cannot make a network link: $(<"$logs/network.log")"
    done
    [[ -s $run/link ]] || die "32 test clusters run already"
    node_addresses "$number"
    ip address add "$host_ip/30" dev "$link"
    ip link set "$link" up
    # From here on pods and services are reached as on the node itself.
    in_node "ip link set lo up
        ip address add $node_ip/30 dev eth0
        ip link set eth0 up
        # Any way will do: what goes there is redirected, but only once a way is found.
        ip route add $service_cidr dev eth0
        echo 1 >/proc/sys/net/ipv4/ip_forward"
    ip route add "$pod_cidr" via "$node_ip"
    ip route add "$service_cidr" via "$node_ip"
}

in_node() { "${enter[@]}" bash -euc "$1"; }

# node_cgroups: a control group for the pods of this cluster alone. Sets
# cgroup_root, as the kubelet names it.
node_cgroups() {
    local mounts mount
    cgroup_root=/bootstrap-$name
    if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; then
        mounts=(/sys/fs/cgroup)
        cgroup2_controllers /sys/fs/cgroup
    else
        # Version 1: one tree per controller, and the kubelet wants it in all.
        mapfile -t mounts < <(awk '$3 == "cgroup" {print $2}' /proc/self/mounts | sort -u)
    fi
    ((${#mounts[@]} > 0)) || die "no control groups are mounted in /sys/fs/cgroup"
    # To be removed again: also what runc makes where both versions are mounted.
    awk -v group="$cgroup_root" '$3 ~ /^cgroup2?$/ {print $2 group}' /proc/self/mounts |
        sort -u >"$run/cgroups"
    for mount in "${mounts[@]}"; do
        mkdir -p "$mount$cgroup_root"
    done
    if [[ ${mounts[0]} == /sys/fs/cgroup ]]; then
        cgroup2_controllers "/sys/fs/cgroup$cgroup_root"
    else
        # A new cpuset of version 1 is empty, and no process may enter it.
        for mount in "${mounts[@]}"; do
            [[ -e $mount/cpuset.cpus ]] || continue
            cat "$mount/cpuset.cpus" >"$mount$cgroup_root/cpuset.cpus"
            cat "$mount/cpuset.mems" >"$mount$cgroup_root/cpuset.mems"
        done
    fi
}

# cgroup2_controllers FOLDER: in version 2 a group must hand each controller down.
cgroup2_controllers() {
    local controller
    for controller in $(<"$1/cgroup.controllers"); do
        echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null || true
    done
    for controller in cpu memory pids; do
        [[ " $(<"$1/cgroup.subtree_control") " == *" $controller "* ]] ||
            die "control group $1 does not hand down '$controller'." \
                "In a container: start it with its own, writable control groups, and with its" \
                "processes in a group below the root"
    done
}
