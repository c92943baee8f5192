#!/usr/bin/env bash
# The first process of the test node, run by node_start in new mount, network
# and PID namespaces: makes the folders of the machine that kubelet, containerd
# and CNI insist on the node's own, then turns into 'pause'.
set -euo pipefail
state=$1 programs=$2

# Without a note in /run/mount, which is the machine's and about to be hidden.
mount() { command mount --no-mtab "$@"; }

# /run and /var of the machine are hidden, so that no other container runtime's
# things are seen or touched. The state folder and the programs may lie below
# them: they are kept at their place.
new=$state/node/run
mount -t tmpfs -o mode=755 tmpfs "$new"
mkdir "$new"/{state,programs,lock,netns}
mount --rbind "$state" "$new/state"
mount --bind "$programs" "$new/programs"
mount --move "$new" /run
mount -t tmpfs -o mode=755 tmpfs /var
ln -s /run /var/run
mkdir /var/tmp
chmod 1777 /var/tmp
mkdir -p "$state" "$programs"
[[ -e $state/node ]] || mount --rbind /run/state "$state"
[[ -e $programs/kubelet ]] || mount --bind /run/programs "$programs"

mkdir -p /var/lib/{kubelet,cni} /var/log/{pods,containers}
mount --bind "$state/node/kubelet" /var/lib/kubelet
mount --bind "$state/node/cni" /var/lib/cni
mount --bind "$state/log/pods" /var/log/pods
mount --bind "$state/log/containers" /var/log/containers

# The kubelet sets these for the whole machine, among them that it reboots ten
# seconds after a kernel fault. Let it write to copies.
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
    copy=$state/node/sysctl/${setting//\//.}
    cat "/proc/sys/$setting" >"$copy"
    mount --bind "$copy" "/proc/sys/$setting"
done

touch "$state/run/node-is-made"
exec "$state/node/pause"
