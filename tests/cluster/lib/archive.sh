# shellcheck shell=bash
# Container images without an image engine: a folder becomes a docker-archive of one
# layer. Sourced.

# Owner, order and times fixed: the same image has the same digest everywhere.
pack() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$1" -cf - "${@:2}"; }

# The name images know this machine's architecture by; fails where it is unknown.
image_architecture() {
    case $(uname -m) in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        *) echo "unknown machine type: $(uname -m)" >&2; return 1 ;;
    esac
}

# write_image FOLDER TAR TAGS CONFIG: packs FOLDER as TAR. TAGS is the inside of a
# JSON list of names, CONFIG the image's configuration object.
write_image() {
    local folder=$1 target=$2 tags=$3 config=$4 architecture archive layer id
    architecture=$(image_architecture) || return 1
    archive=$(mktemp -d "$target.XXXXXX") || return 1
    pack "$folder" . >"$archive/layer.tar"
    layer=$(sha256sum "$archive/layer.tar" | cut -d' ' -f1)
    mv "$archive/layer.tar" "$archive/$layer.tar"
    printf '{"architecture":"%s","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{}]}' \
        "$architecture" "$config" "$layer" >"$archive/config.json"
    id=$(sha256sum "$archive/config.json" | cut -d' ' -f1)
    mv "$archive/config.json" "$archive/$id.json"
    printf '[{"Config":"%s.json","RepoTags":[%s],"Layers":["%s.tar"]}]' \
        "$id" "$tags" "$layer" >"$archive/manifest.json"
    pack "$archive" "$id.json" "$layer.tar" manifest.json >"$target"
    rm -r "$archive"
}
