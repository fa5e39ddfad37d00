#!/usr/bin/env bash
# What only other kernels can show: the suite on the real OpenZFS, and the overlay cases on older kernels, in the guests of
# `layerbench vm`. Where guests cannot be had (no packages, no network) it says why and ends well. LIMIT=40m: a guest's time.
set -u
cd "$(dirname "$0")/.." || exit 1
layerbench=${LAYERBENCH:-target/release/layerbench}
out=${OUT:-target/vm}
limit=${LIMIT:-40m}
passed=0 failed=0

in_guest() { # name guest arguments...
    name=$1 guest=$2; shift 2
    echo "== $name"
    if "$layerbench" vm run --kernel "$guest" --out "$out/$name" --timeout "$limit" -- "$@"; then
        passed=$((passed + 1))
    else
        echo "== $name FAILED"
        failed=$((failed + 1))
    fi
}

"$layerbench" vm prepare
status=$?
if [ "$status" = 6 ]; then
    echo "vm: not run: the guests cannot be had here (the reason is above)"
    exit 0
elif [ "$status" != 0 ]; then
    exit "$status"
fi
in_guest zfs-6.12 6.12+zfs-2.3 conform --driver zfs
in_guest overlay-6.12 6.12+zfs-2.3 conform --driver overlay2
in_guest overlay-6.1 6.1+zfs-2.1 conform --driver overlay2
echo "vm: $passed passed, $failed failed"
[ "$failed" = 0 ]
