#!/usr/bin/env bash
# Kills the API server of a cluster of tests/cluster/up.sh, of either kind, and starts it again, on
# the same data and with the same command line, and recorded for down.sh. Expects CLUSTER_NAME.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../cluster/lib/state.sh
source "$here/../cluster/lib/state.sh"
# shellcheck source=../cluster/lib/processes.sh
source "$here/../cluster/lib/processes.sh"
# shellcheck source=../cluster/lib/node.sh
source "$here/../cluster/lib/node.sh"
cluster_locate "${CLUSTER_NAME:?}"

pid=$(component_pid apiserver) || die "no API server runs"
mapfile -d '' -t command <"/proc/$pid/cmdline"
kill -KILL "$pid"
# Gone with its last thread; the first one may be long before, and the port is not free until then.
while [[ -d /proc/$pid/task ]] && (($(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l) > 1)); do sleep 0.05; done
while component_pid apiserver >/dev/null; do sleep 0.05; done
if node_process=$(component_pid node_init); then node_entrance; fi
spawn apiserver "${command[@]}"
