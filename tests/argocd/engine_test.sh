#!/usr/bin/env bash
# What Argo CD itself says of the workflows in cases/: compiles what engine/ needs of it, minutes the first
# time and seconds afterwards. Nothing is downloaded but Go modules, pinned by go.sum; they and what is
# compiled stay in Go's own caches.
#
#   engine_test.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/engine"
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
# Go would not see that a file outside the module has changed, and vet would look through all of Argo CD.
exec env CGO_ENABLED=0 GOWORK=off GOFLAGS= \
    go test -count=1 -vet=off -mod=readonly -trimpath -buildvcs=false -ldflags="-s -w" .
