#!/usr/bin/env bash
# A cluster as a fixture of ctest; CMakeLists.txt in this folder says which there are.
#
#   fixture.sh up FOLDER NAME [up.sh's options]   starts it; FOLDER/env is then to be sourced
#   fixture.sh down FOLDER                        stops it; silent when there is none
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
action=${1:?up or down} folder=${2:?folder}
mkdir -p "$folder"

case $action in
    up)
        name=${3:?name}
        # First of all, for 'down' to know it even when the start breaks off.
        echo "$name" >"$folder/name"
        rm -f "$folder/env"
        "$here/up.sh" --name "$name" "${@:4}" | sed -n 's/^ENV=//p' >"$folder/env.path"
        cp "$(<"$folder/env.path")" "$folder/env"
        ;;
    down)
        [[ -s $folder/name ]] || exit 0
        "$here/down.sh" --name "$(<"$folder/name")"
        rm -f "$folder"/{name,env,env.path}
        ;;
    *) echo "fixture: neither up nor down: $action" >&2; exit 2 ;;
esac
