#!/usr/bin/env bash
# That alerts, dashboard and docs/monitoring.md speak of the metrics there are. The operator has those whose
# names are strings in operator/; the documentation has the same ones, with their types; alerts and
# dashboard use no others, and the dashboard shows all.
#
#   metrics_test.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
source "$here/lib.sh"
need_promtool
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# only A B: the lines of A that B has not.
only() { comm -23 <(sort -u <<<"$1") <(sort -u <<<"$2") | grep . || true; }

exposed=$(grep -rhoE --include='*.cpp' '"(bootstrap_operator|process)_[a-z0-9_]+"' "$root/operator" | tr -d '"' | sort -u)
table=$(sed -nE 's/^\| `((bootstrap_operator|process)_[a-z0-9_]+)` \| ([a-z]+) \|.*/\1 \3/p' "$root/docs/monitoring.md")
documented=$(cut -d' ' -f1 <<<"$table")
none "docs/monitoring.md has metrics that the operator does not have" "$(only "$documented" "$exposed")"
none "docs/monitoring.md does not have metrics of the operator" "$(only "$exposed" "$documented")"
none "docs/monitoring.md: not a type" "$(cut -d' ' -f2 <<<"$table" | grep -vxE 'counter|gauge|histogram' || true)"
# A histogram is several series, none of its own name.
series=$(sed -nE 's/ (counter|gauge)$//p; s/^(.*) histogram$/\1_bucket\n\1_sum\n\1_count/p' <<<"$table")

# Expressions, as a list in JSON. Of the alerts as they are written: expr: and what follows up to the next key.
sed -nE '/^ *expr:/,/^ *(for|labels):/{s/^ *expr: *(\|-|>-)?/\x1e/; /^ *(for|labels):/d; p}' \
    "$component/alerts.yaml" | jq -Rs 'split("\u001e") | map(select(test("\\w")))' >"$work/alerts"
jq '[.. | .expr? // empty]' "$component/dashboard.json" >"$work/dashboard"
equal "expressions found in alerts.yaml" "$(grep -c '^ *- alert:' "$component/alerts.yaml")" "$(jq length "$work/alerts")"

# Names in an expression that are neither functions nor labels nor words of the language.
names='
    gsub("\"[^\"]*\""; "") | gsub("\\{[^}]*\\}|\\[[^]]*\\]"; "") |
    gsub("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)"; " ") |
    [scan("(?<![\\w:])[a-zA-Z_:][\\w:]*(?![\\w:]*\\s*\\()")] - ["and", "or", "unless", "bool", "offset"] | .[]'
for where in alerts dashboard; do
    none "$where: metrics that docs/monitoring.md does not have" \
        "$(only "$(jq -r ".[] | $names" "$work/$where")" "$series"$'\nup')"
done
shown=$(jq -r ".[] | $names" "$work/dashboard" | sed -E 's/(_seconds)_(bucket|sum|count)$/\1/')
none "the dashboard does not show" "$(only "$documented" "$shown")"

# Values of labels that the operator gives are strings in its code, too.
values=$(jq -rs 'add | .[] | scan("\\b(?:state|outcome|reason|verb)[=!]=?~?\"([^\"]*)\"")[0] | split("|")[]' \
    "$work/alerts" "$work/dashboard" | sort -u)
for value in $values; do
    passes "no \"$value\" in the code, a value of a label" \
        grep -rqF --include='*.cpp' --include='*.h' "\"$value\"" "$root/operator" "$root/controllers"
done

# The expressions of the dashboard are PromQL, with times in place of what Grafana puts in.
jq '{groups: [{name: "dashboard", rules: [.[] | gsub("\\$__\\w+"; "5m") | {record: "panel", expr: .}]}]}' \
    "$work/dashboard" >"$work/dashboard.yaml"
passes "expressions of the dashboard" promtool check rules --lint=none "$work/dashboard.yaml"

finish
