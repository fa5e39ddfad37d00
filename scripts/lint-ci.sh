#!/usr/bin/env bash
# Checks the CI files against the schemas of GitHub and GitLab, their scripts and ours with shellcheck's help where it is
# there, and what `layerbench export` writes with the readers of other people. Needs Python with venv and a package index the
# first time; without them it says so and checks nothing.
set -eu
cd "$(dirname "$0")/.."
venv=target/ci-venv
if [ ! -e "$venv/ready" ]; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q 'check-jsonschema>=0.30' 'prometheus_client>=0.20' 'PyYAML>=6'; } >/dev/null 2>&1; then
        echo "lint-ci: skipped: check-jsonschema and prometheus_client cannot be installed by python3 -m venv and pip here" >&2
        exit 0
    fi
    touch "$venv/ready"
fi
bin=$venv/bin

"$bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows docs/ci/github-workflow.yml
"$bin/check-jsonschema" --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci docs/ci/gitlab-ci.yml

if command -v shellcheck >/dev/null 2>&1; then
    shellcheck --severity=warning .ci/run scripts/*.sh
    "$bin/python" - <<'PY' | shellcheck --shell=bash --severity=warning --exclude=SC2154 -
import yaml
for step in yaml.safe_load(open("action.yml"))["runs"]["steps"]:
    print(step.get("run", ""))
PY
else
    echo "lint-ci: skipped: shell scripts are not checked, there is no shellcheck" >&2
fi

layerbench=${1:-target/debug/layerbench}
[ -x "$layerbench" ] || { echo "lint-ci: there is no $layerbench: cargo build makes it" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$layerbench" export ci/baseline --all --format openmetrics >"$scratch/metrics.txt"
"$layerbench" export ci/baseline --all --format bencher >"$scratch/bmf.json"
"$bin/python" - "$scratch/metrics.txt" <<'PY'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
samples = sum(len(family.samples) for family in families)
assert len(families) > 3 and samples > 20, (len(families), samples)
print(f"prometheus_client reads {samples} samples of {len(families)} families")
PY
# The schema of bencher.dev/docs/reference/bencher-metric-format, said shorter.
cat >"$scratch/schema.json" <<'JSON'
{"type": "object", "minProperties": 1, "additionalProperties": {"type": "object", "minProperties": 1, "additionalProperties": {
  "type": "object", "required": ["value"], "additionalProperties": false,
  "properties": {"value": {"type": "number"}, "lower_value": {"type": "number"}, "upper_value": {"type": "number"}}}}}
JSON
"$bin/check-jsonschema" --schemafile "$scratch/schema.json" "$scratch/bmf.json"
