#!/usr/bin/env bash
# Makes the operator's image from a binary that is built already, in seconds, without
# an image engine: the Dockerfile's last stage, as a docker-archive. The binary must
# have been built on the Debian release of the Dockerfile's builder for the result to
# be what the Dockerfile makes; the tests run on either.
#
#   assemble.sh BINARY OUT.tar [NAME]      (default name: bootstrap-operator:dev)
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../cluster/lib/archive.sh
source "$here/../cluster/lib/archive.sh"

(($# == 2 || $# == 3)) || { echo "usage: assemble.sh BINARY OUT.tar [NAME]" >&2; exit 2; }
binary=$1 out=$2 name=${3:-bootstrap-operator:dev}
# A name without a registry is one of docker.io to Kubernetes.
case $name in
    *.*/* | *:*/* | localhost/*) ;;
    */*) name=docker.io/$name ;;
    *) name=docker.io/library/$name ;;
esac

# The configuration is what the Dockerfile's last stage says.
stage=$(sed '1,/^FROM scratch$/d' "$root/Dockerfile")
entrypoint=$(sed -n 's/^ENTRYPOINT //p' <<<"$stage")
user=$(sed -n 's/^USER //p' <<<"$stage")
labels=$(sed -nE 's/^LABEL ([^=]+)=(".*")$/"\1":\2/p' <<<"$stage" | paste -sd,)
unknown=$(grep -vE '^(#.*|COPY --from=builder /image /|LABEL .*|USER .*|ENTRYPOINT .*|)$' <<<"$stage") || true
[[ -n $entrypoint && -n $user && -z $unknown ]] ||
    { echo "assemble: the Dockerfile's last stage has something this script does not know: $unknown" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"$root/deploy/image/collect_root.sh" "$binary" "$work/root"
mkdir -p "$(dirname "$out")"
write_image "$work/root" "$work/image.tar" "\"$name\"" \
    "{\"Entrypoint\":$entrypoint,\"User\":\"$user\",\"WorkingDir\":\"/\",\"Labels\":{$labels}}"
mv "$work/image.tar" "$out"
