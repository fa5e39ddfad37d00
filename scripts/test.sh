#!/usr/bin/env bash
# Format, lints, every test with real mounts, layerbench against its own baseline, the CI files; ends with one line "N passed, N failed".
# LAYERBENCH_TEST_LIMIT=22m: the time all tests may take together.
set -u
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
failed_steps=0

step() { # name command...
    name=$1; shift
    begun=$SECONDS
    echo "== $name"
    "$@" 2>&1 | tee -a "$log"
    if [ "${PIPESTATUS[0]}" != 0 ]; then
        echo "== $name FAILED"
        failed_steps=$((failed_steps + 1))
    fi
    echo "== $name: $((SECONDS - begun)) s"
}

bounded() { # command...
    if [ -n "${LAYERBENCH_TEST_LIMIT:-}" ]; then timeout -k 30 "$LAYERBENCH_TEST_LIMIT" "$@"; else "$@"; fi
}

step format cargo fmt --all --check
# Without the dev-dependencies, whose features would hide one that is missing.
step binary cargo check --locked -p layerbench
step clippy cargo clippy --workspace --all-targets --locked -- -D warnings
step build cargo test --workspace --locked --no-run
step tests bounded cargo test --workspace --locked --no-fail-fast
# With the program the tests have built.
step gate scripts/gate.sh
step ci-files scripts/lint-ci.sh
# Six minutes at most, where guests are prepared; otherwise it says why not.
step guests env LAYERBENCH=target/debug/layerbench scripts/test-vm.sh warm

# "test result: ok. 12 passed; 0 failed; ..." of every test binary, added up.
read -r passed failed < <(awk '/^test result:/ { for (i = 1; i <= NF; i++) { if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^failed/) f += $(i-1) } } END { print p + 0, f + 0 }' "$log")
# A step that broke without a test to blame still counts as a failure.
[ "$failed_steps" -gt 0 ] && [ "$failed" = 0 ] && failed=$failed_steps
[ "$passed" = 0 ] && failed=$((failed + 1))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
