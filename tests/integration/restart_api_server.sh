#!/usr/bin/env bash
# Kills the API server of a cluster of tests/cluster/up.sh and starts it again, on the same data and
# with the same command line, and recorded for down.sh. Expects CLUSTER_NAME.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../cluster/lib/state.sh
source "$here/../cluster/lib/state.sh"
cluster_locate "${CLUSTER_NAME:?}"

pid=$(component_pid apiserver) || die "no API server runs"
mapfile -d '' -t command <"/proc/$pid/cmdline"
kill -KILL "$pid"
while component_pid apiserver >/dev/null; do sleep 0.05; done
setsid "${command[@]}" </dev/null >>"$logs/apiserver.log" 2>&1 &
process_record $! >"$run/apiserver.pid"
