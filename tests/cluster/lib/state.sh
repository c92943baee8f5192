# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for the script that sources this
# Where a cluster keeps its things, what runs for it, and how to stop that.
# Sourced by the scripts; `cluster_locate` first.
#
#   <state>/run/<component>.pid   "pid start-time boot" of what up.sh started
#   <state>/log/<component>.log   its output; log/audit.log is the API server's
#   <state>/env                   exports for tests and by hand

# Root's tools are not in everybody's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

log() { echo "${0##*/}: $*" >&2; }
die() { log "$@"; exit 1; }

# cluster_locate NAME: sets state, run and logs.
cluster_locate() {
    [[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$ ]] ||
        die "'$1' is no name for a cluster: lower case letters, digits and '-', at most 30"
    local root=${BOOTSTRAP_CLUSTER_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/bootstrap-operator}
    [[ $root == /* ]] || die "the state folder must be an absolute path: $root"
    name=$1
    state=$root/$name
    run=$state/run
    logs=$state/log
    # The path of a Unix socket has at most 107 characters.
    ((${#state} <= 85)) || die "the state folder's path is too long for sockets in it: $state." \
        "Set BOOTSTRAP_CLUSTER_STATE to a shorter one"
}

# cluster_lock: one script at a time works on this cluster. Held until exit.
cluster_lock() {
    mkdir -p "${state%/*}"
    while :; do
        exec 9>"$state.lock"
        if ! flock -n 9; then
            log "another script is at work on cluster '$name': waiting for it"
            flock -w 900 9 || die "gave up waiting"
        fi
        # A purge removes the file: only a lock on the present one counts.
        [[ $state.lock -ef /proc/self/fd/9 ]] && return
    done
}

# process_record PID: what identifies a process even after its PID was given to
# another one. Fails if there is none, or only its corpse.
process_record() {
    local line fields
    { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    # The command in parentheses may hold anything; the fields follow it.
    read -ra fields <<<"${line##*) }"
    [[ ${fields[0]} != Z ]] && echo "$1 ${fields[19]} $(</proc/sys/kernel/random/boot_id)"
}

# component_pid COMPONENT: its PID, if the very process that was started lives.
component_pid() {
    local record
    { record=$(<"$run/$1.pid"); } 2>/dev/null || return 1
    [[ -n $record && $(process_record "${record%% *}") == "$record" ]] && echo "${record%% *}"
}

components() {
    local file
    for file in "$run"/*.pid; do
        [[ -e $file ]] && basename "$file" .pid
    done
    return 0
}

# cluster_stop: ends everything up.sh started and undoes what it did outside the
# state folder. Safe to repeat, and after a start that broke off anywhere.
#
# All is killed hard: the API server would drain for a minute, and nothing is
# worth keeping. With the node's first process the kernel ends its whole PID
# namespace, containers and their shims included, and with the last of those go
# the mounts, the links and the packet filter rules of its other namespaces.
cluster_stop() {
    local component pid deadline
    for component in $(components); do
        pid=$(component_pid "$component") && kill -KILL "$pid" 2>/dev/null || true
    done
    deadline=$((SECONDS + 30))
    for component in $(components); do
        while component_pid "$component" >/dev/null; do
            ((SECONDS < deadline)) || die "'$component' of cluster '$name' does not end"
            sleep 0.05
        done
    done
    # The kernel takes its time to; a new start would find the name taken.
    [[ ! -s $run/link ]] || ip link delete "$(<"$run/link")" 2>/dev/null || true
    [[ ! -s $run/cgroups ]] || remove_cgroups
    rm -rf "$run"
}

remove_cgroups() {
    local folder deadline=$((SECONDS + 10))
    while read -r folder; do
        while [[ -d $folder ]]; do
            # Depth first; the kernel frees a killed group a moment later.
            find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null && break
            ((SECONDS < deadline)) || { log "cannot remove control group $folder"; break; }
            sleep 0.05
        done
    done <"$run/cgroups"
}
