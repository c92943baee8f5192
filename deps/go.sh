#!/usr/bin/env bash
# Says clearly, and before anything else takes minutes, when there is no Go to
# build the local cluster's Kubernetes with. Debian's own is too old.
set -euo pipefail

command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
if ! command -v go >/dev/null; then
    echo "deps: Go 1.25 or newer is needed for the local cluster and there is no 'go' in PATH: https://go.dev/dl" >&2
    exit 1
fi
# Asked inside a module that wants it: a Go that fetches newer toolchains itself answers for that one.
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/cluster/kubernetes"
found=$(GOWORK=off go env GOVERSION 2>&1) || true
if ! [[ $found =~ ^go1\.([0-9]+) ]] || ((BASH_REMATCH[1] < 25)); then
    echo "deps: Go 1.25 or newer is needed for the local cluster; $(command -v go) says: $found." \
        "Install one from https://go.dev/dl (Debian's is too old) or set GOTOOLCHAIN=auto" >&2
    exit 1
fi
