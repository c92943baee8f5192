# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this
# Starting processes that outlive the script, waiting for them, and being
# interrupted meanwhile. Sourced by up.sh after state.sh.

# A signal is only noted, and acted upon at the next checkpoint: so it never
# comes between the start of a process and its being recorded.
interrupted=
child=
trap 'interrupted=yes; kill ${child:+"$child"} 2>/dev/null || true' INT TERM HUP

checkpoint() {
    [[ -z $interrupted ]] || { log "interrupted"; exit 130; }
}

# capture VARIABLE COMMAND...: its output, like $(...), but a signal ends it at once.
capture() {
    local -n into=$1
    local file
    file=$(mktemp)
    "${@:2}" >"$file" &
    child=$!
    if ! wait "$child"; then
        # Its own clean-up may take a moment after a signal.
        wait "$child" || true
        rm "$file"
        checkpoint
        exit 1
    fi
    child=
    # shellcheck disable=SC2034 # a reference to the caller's
    into=$(<"$file")
    rm "$file"
}

# Command prefix of spawned processes: how to get into the node, if there is one.
enter=()

# spawn COMPONENT COMMAND...: starts it in the background and records it.
spawn() {
    local component=$1 pid inside
    shift
    checkpoint
    (
        # A lock or a pipe that our caller happens to have open would stay
        # locked or open as long as the cluster runs.
        for descriptor in /proc/"$BASHPID"/fd/*; do
            descriptor=${descriptor##*/}
            ((descriptor <= 2)) || eval "exec $descriptor>&-"
        done
        exec setsid "${enter[@]}" "$@" </dev/null >>"$logs/$component.log" 2>&1
    ) &
    pid=$!
    disown "$pid"
    process_record "$pid" >"$run/$component.pid"
    if ((${#enter[@]} > 0)); then
        # nsenter stays outside of the PID namespace and waits; the process
        # itself is its child.
        until inside=$(child_of "$pid"); do
            process_record "$pid" >/dev/null || return 0
            sleep 0.01
        done
        process_record "$inside" >"$run/$component.pid"
    fi
}

# wait_until SECONDS COMPONENT WHAT COMMAND...: until COMMAND succeeds. Ends the
# script with the component's last words when it ended or the time is over.
wait_until() {
    local deadline=$((SECONDS + $1)) component=$2 what=$3 problem=
    shift 3
    until "$@" >/dev/null 2>&1; do
        checkpoint
        if ! component_pid "$component" >/dev/null; then
            problem="'$component' has ended"
        elif ((SECONDS >= deadline)); then
            problem="no success in time"
        fi
        if [[ -n $problem ]]; then
            log "waiting until $what: $problem; end of $logs/$component.log:"
            tail -n 20 "$logs/$component.log" >&2
            exit 1
        fi
        sleep 0.1
    done
    checkpoint
}
