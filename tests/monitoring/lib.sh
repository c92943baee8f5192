# shellcheck shell=bash
# What the tests of this folder share. Sourced by them.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034  # used by who sources this
component=$root/deploy/components/monitoring
checks=0 failures=0

fail() {
    failures=$((failures + 1))
    echo "FAIL $1" >&2
}
# equal WHAT EXPECTED ACTUAL
equal() {
    checks=$((checks + 1))
    [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}
# passes WHAT COMMAND...: what the command says is shown when it fails.
passes() {
    local what=$1 said
    shift
    checks=$((checks + 1))
    said=$("$@" 2>&1) || fail "$what:"$'\n'"$said"
}
# none WHAT LIST: the list is empty.
none() {
    checks=$((checks + 1))
    [[ -z $2 ]] || fail "$1: $(xargs <<<"$2")"
}
finish() {
    echo "$checks checks, $failures failed"
    ((failures == 0))
}
# The rules as Prometheus reads them: what is in spec of the PrometheusRule.
rules() { sed -n '1,/^spec:$/d; s/^  //p' "$component/alerts.yaml"; }

need_promtool() {
    command -v promtool >/dev/null && return
    echo "promtool is missing, which checks alerts. It is in Debian's package prometheus:" \
        "'make deps' installs it, and 'apt-get install prometheus' as well" >&2
    exit 1
}
