#!/usr/bin/env bash
# Checks the CRDs on a real API server: that they are accepted without a warning,
# that it refuses and accepts what tests/corpus/ says, that applying a manifest
# twice changes nothing, what `kubectl get` and `kubectl explain` print, and that
# docs/api.md describes every field. Needs etcd and kube-apiserver only.
#
#   check.sh KUBECTL KUBECONFIG
#
# It installs the CRDs, uses namespace default, and removes the objects it makes. Meant for a fresh
# API server: one that had another version of the CRD serves that a moment longer.
set -euo pipefail

(($# == 2)) || { echo "usage: check.sh KUBECTL KUBECONFIG" >&2; exit 2; }
kubectl=$1
export KUBECONFIG=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
crd=bootstrapworkflows.bootstrap.openshift.io
crd_file=$root/crds/bootstrap.openshift.io_bootstrapworkflows.yaml
template_crd=bootstrapworkflowtemplates.bootstrap.openshift.io
template_crd_file=$root/crds/bootstrap.openshift.io_bootstrapworkflowtemplates.yaml
corpus=$root/tests/corpus
work=$(mktemp -d)
checks=0 failures=0

k() { timeout 120 "$kubectl" "$@"; }
clean_up() {
    k -n default delete bwf -l bootstrap-crd-check=yes --ignore-not-found --wait=false >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

ok() { checks=$((checks + 1)); }
fail() {
    checks=$((checks + 1)) failures=$((failures + 1))
    echo "FAIL $*" >&2
}

# equal WHAT EXPECTED ACTUAL
equal() {
    if [[ $2 == "$3" ]]; then ok; else fail "$1: expected '$2', got '$3'"; fi
}
# contains WHAT TEXT IN
contains() {
    if [[ $3 == *"$2"* ]]; then ok; else fail "$1: no '$2' in: ${3:0:600}"; fi
}

check_installs() {
    local output
    if output=$("$root/crds/templates.sh" --check 2>&1); then ok; else fail "$output"; fi
    output=$(k apply -f "$crd_file" -f "$template_crd_file" 2>&1) || { echo "$output" >&2; exit 1; }
    if [[ $output == *[Ww]arning* ]]; then fail "applying the CRD warns: $output"; else ok; fi
    # kubectl wait fails on a CRD that is so new that it has no conditions at all.
    for ((i = 0; i < 150; i++)); do
        if output=$(k wait --for=condition=Established --timeout=30s "crd/$crd" "crd/$template_crd" 2>&1); then break; fi
        sleep 0.2
    done
    ((i < 150)) || { echo "not Established: $output" >&2; exit 1; }
    output=$(k get crd "$crd" "$template_crd" -o json |
        jq -r '.items[].status.conditions[] | select(.type == "NonStructuralSchema") | .message')
    equal "structural schema" "" "$output"
    # Established comes a moment before the API is served and published for explain.
    for ((i = 0; i < 150; i++)); do
        if k explain bwf.spec.phases >/dev/null 2>&1 && k explain bwft.spec.phases >/dev/null 2>&1; then break; fi
        sleep 0.2
    done
    if k kustomize "$root/crds" >/dev/null; then ok; else fail "kustomize crds"; fi
}

# Prints a line for every field of spec and status: its dotted path (lists are path[]), whether
# it has a description, and whether it has a default.
schema_fields() {
    k create --dry-run=client -o json -f "$crd_file" | jq -r '
        def fields($path):
            if .type == "array" then .items | fields($path + "[]")
            else .properties // {} | to_entries[]
                | (if $path == "" then .key else $path + "." + .key end) as $p
                | "\($p) \(.value | has("description")) \(.value | has("default"))",
                  (.value | fields($p))
            end;
        .spec.versions[0].schema.openAPIV3Schema | .properties |= {spec, status} | fields("")'
}

check_schema() {
    local path described default
    schema_fields >"$work/fields"
    while read -r path described default; do
        equal "description of $path" true "$described"
        equal "default: of $path" false "$default"
    done <"$work/fields"
    k create --dry-run=client -o json -f "$crd_file" | jq -S '
        .spec.versions[0].schema.openAPIV3Schema.properties.spec.properties
        | .tools, .phases.items.properties.steps.items.properties.tools
        | del(.description)' >"$work/tools"
    local lines
    lines=$(wc -l <"$work/tools")
    if cmp -s <(head -n $((lines / 2)) "$work/tools") <(tail -n $((lines / 2)) "$work/tools"); then
        ok
    else
        fail "spec.tools and tools of a step differ"
    fi
}

# A field is documented when its path in backticks is the first column of a table. tools of a
# step has the fields of spec.tools and is documented by them, steps of finally are those of phases,
# every when is that of a phase, and what it says of resources is what waitFor says.
check_documented() {
    local path
    [[ -e $root/docs/api.md ]] || { fail "docs/api.md is missing"; return; }
    while read -r path _; do
        path=${path/#'spec.finally[].steps[].'/'spec.phases[].steps[].'}
        path=${path/#'spec.finally[].when[].'/'spec.phases[].when[].'}
        path=${path/#'spec.phases[].steps[].when[].'/'spec.phases[].when[].'}
        path=${path/#'spec.phases[].when[].resource.'/'spec.phases[].steps[].waitFor.resource.'}
        path=${path/#'spec.phases[].when[].condition.'/'spec.phases[].steps[].waitFor.condition.'}
        path=${path/#'spec.phases[].steps[].tools.'/spec.tools.}
        if grep -qF "| \`$path\` |" "$root/docs/api.md"; then ok; else fail "docs/api.md does not describe $path"; fi
    done <"$work/fields"
    # And nothing that is not there.
    while read -r path; do
        if grep -qF "$path " "$work/fields"; then ok; else fail "docs/api.md describes $path, which does not exist"; fi
    done < <(grep -oP '^\| `\K(spec|status)[^`]*(?=` \|)' "$root/docs/api.md")
}

check_explain() {
    local output
    output=$(k explain bwf.spec.phases.steps)
    contains "explain" "waitFor, approve, ask" "$output"
    contains "explain" "Default 2h." "$output"
    output=$(k explain bwf --recursive)
    contains "explain --recursive" "logTail" "$output"
    output=$(k explain bwft.spec)
    contains "explain of a template" "What the workflows of this template do." "$output"
    output=$(k api-resources --api-group=bootstrap.openshift.io --categories=bootstrap --no-headers)
    contains "api-resources" "bwf " "$output"
    contains "api-resources" "bwft " "$output"
}

# What the API server says against each of these files goes to $work/refused/<name of the file>. All
# at once: a kubectl for each takes minutes.
dry_run() {
    local file files=()
    for file; do files+=(-f "$file"); done
    k -n default create --dry-run=server "${files[@]}" 2>&1 >/dev/null |
        awk -v folder="$work/refused/" '
            match($0, /error when creating "[^"]*"/) {
                file = substr($0, RSTART, RLENGTH - 1)
                sub(/.*\//, folder, file)
            }
            file != "" { print >file }
            file == "" { print >"/dev/stderr" }' || true  # to be refused is what is wanted
}

# A dry run of every manifest of the corpus and of every sample.
check_corpus() {
    local file expected first output strict=()
    mkdir "$work/refused"
    for file in "$corpus"/crd-rejected/*.yaml; do
        if sed -n 2p "$file" | grep -q '^# validation: ignore$'; then
            output=$(k -n default create --dry-run=server --validate=ignore -f "$file" 2>&1) ||
                echo "$output" >"$work/refused/${file##*/}"
        else
            strict+=("$file")
        fi
    done
    dry_run "${strict[@]}"
    for file in "$corpus"/crd-rejected/*.yaml; do
        first=$(head -n 1 "$file")
        expected=${first#'# expect: '}
        if [[ $first == "$expected" ]]; then fail "$file: the first line is not '# expect: …'"; continue; fi
        if [[ -s $work/refused/${file##*/} ]]; then
            contains "${file##*/}" "$expected" "$(<"$work/refused/${file##*/}")"
        else
            fail "${file##*/} was accepted, expected: $expected"
        fi
    done
    for file in "$corpus"/valid/*.yaml "$root"/deploy/samples/*.yaml; do
        [[ $file != */kustomization.yaml ]] || continue
        output=$(k -n default create --dry-run=server -f "$file" 2>&1) || { fail "$file was refused: $output"; continue; }
        if [[ $output == *[Ww]arning* ]]; then fail "$file: $output"; else ok; fi
    done
}

# Applying what is there already must not write: no new generation, no new resourceVersion.
check_apply_twice() {
    local file name mode before after
    for file in "$corpus"/valid/*.yaml "$root"/deploy/samples/*.yaml; do
        grep -q '^kind: BootstrapWorkflow$' "$file" || continue
        for mode in --server-side=false --server-side=true; do
            k -n default apply "$mode" -f "$file" >/dev/null || { fail "$file $mode was refused"; continue; }
            name=$(k create --dry-run=client -o name -f "$file")
            name=${name##*/}
            k -n default label bwf "$name" bootstrap-crd-check=yes >/dev/null
            before=$(k -n default get bwf "$name" -o 'jsonpath={.metadata.generation} {.metadata.resourceVersion}')
            k -n default apply "$mode" -f "$file" >/dev/null || fail "$file $mode was refused the second time"
            after=$(k -n default get bwf "$name" -o 'jsonpath={.metadata.generation} {.metadata.resourceVersion}')
            equal "$(basename "$file") applied twice with $mode" "$before" "$after"
            equal "generation of $(basename "$file") with $mode" 1 "${after%% *}"
            k -n default delete bwf "$name" >/dev/null
        done
    done
}

# What the operator writes is accepted as it is, and shown in the columns.
check_status() {
    local file output
    k -n default apply -f "$corpus/valid/minimal.yaml" >/dev/null
    k -n default label bwf minimal bootstrap-crd-check=yes >/dev/null
    for file in "$corpus"/status/*.json; do
        output=$(k -n default patch bwf minimal --subresource=status --type=merge --patch-file "$file" 2>&1) ||
            { fail "$(basename "$file") was refused: $output"; continue; }
        jq -S .status "$file" >"$work/written"
        k -n default get bwf minimal -o json | jq -S .status >"$work/read"
        equal "$(basename "$file") read back" "" "$(diff "$work/written" "$work/read")"
    done
    output=$(k -n default get bwf minimal)
    equal "columns" "NAME STATUS PROGRESS CURRENT STARTED ETA DURATION AGE" "$(head -n 1 <<<"$output" | xargs)"
    contains "row" "minimal Failed 2/3 66% cluster/new-cluster" "$(tail -n 1 <<<"$output" | xargs)"
    output=$(k -n default get bwf minimal -o wide)
    equal "wide columns" "NAME STATUS PROGRESS CURRENT STARTED ETA DURATION AGE REASON RUN MESSAGE" \
        "$(head -n 1 <<<"$output" | xargs)"
    output=$(k -n default get bwf minimal -o 'jsonpath={.metadata.generation}')
    equal "generation after writes of status" 1 "$output"
    # What is not status is not written through the status subresource.
    k -n default patch bwf minimal --subresource=status --type=merge -p '{"spec":{"description":"x"}}' >/dev/null
    equal "spec after a write of status" "" "$(k -n default get bwf minimal -o 'jsonpath={.spec.description}')"
    k -n default delete bwf minimal >/dev/null
}

check_installs
check_schema
check_explain
check_corpus
check_apply_twice
check_status
check_documented

echo "$checks checks, $failures failures"
((failures == 0))
