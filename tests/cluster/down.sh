#!/usr/bin/env bash
# Stops a cluster that up.sh started, and nothing else. Its data is deleted, its
# logs are kept for a look afterwards unless --purge is given.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/state.sh
source "$here/lib/state.sh"

usage() { echo "usage: down.sh [--name NAME] [--purge]   (default name: local; --purge: the logs too)"; }

name=local purge=
while (($# > 0)); do
    case $1 in
        --name) name=${2:?--name needs a value}; shift ;;
        --purge) purge=yes ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; die "unknown argument: $1" ;;
    esac
    shift
done

cluster_locate "$name"
if [[ ! -d $state ]]; then
    log "there is no cluster '$name'"
    exit 0
fi
cluster_lock
cluster_stop
if [[ -n $purge ]]; then
    rm -rf "$state" "$state.lock"
    log "cluster '$name' is stopped and removed"
else
    find "$state" -mindepth 1 -maxdepth 1 ! -name log -exec rm -rf {} +
    log "cluster '$name' is stopped; its logs are in $logs"
fi
