#!/usr/bin/env bash
# The alerts of deploy/components/monitoring/alerts.yaml, as Prometheus sees them: they can be read, each
# fires when it is to, and not when it is not (alerts.yaml beside this), and each is in docs/monitoring.md.
#
#   alerts_test.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
source "$here/lib.sh"
need_promtool
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rules >"$work/rules.yaml"
cp "$here/alerts.yaml" "$work/tests.yaml"
passes "the rules" promtool check rules "$work/rules.yaml"
passes "the alerts" promtool test rules "$work/tests.yaml"

# Each is among the tests: once at least it fires, and once at least it does not.
alerts=$(sed -n 's/^ *- alert: //p' "$work/rules.yaml" | sort)
fires=$(sed -n 's/.*labels: ALERTS{alertname="\(\w*\)",alertstate="firing".*/\1/p' "$here/alerts.yaml" | sort -u)
silent=$(sed -n 's/.*alertname: \(\w*\),.*exp_alerts: \[\]}/\1/p' "$here/alerts.yaml" | sort -u)
equal "alerts that fire in alerts.yaml" "$alerts" "$fires"
equal "alerts that do not fire in alerts.yaml" "$alerts" "$silent"
equal "alerts in docs/monitoring.md" "$alerts" \
    "$(grep -o '^| `Bootstrap\w*`' "$root/docs/monitoring.md" | tr -d '|` ' | sort)"

finish
