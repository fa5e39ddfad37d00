#!/usr/bin/env bash
# What only other kernels can show: the suite of every driver on older kernels and on the real OpenZFS, in the guests of
# `layerbench vm`, and what comes of a guest that fails. Where guests cannot be had (no packages, no network) it says why and
# ends well. LAYERBENCH names the program, OUT where results go, LIMIT (60m) a guest's time.
#   test-vm.sh          all of it; where the processor is emulated, about an hour
#   test-vm.sh warm     for CI: guests that are prepared already, the cases that turn on the kernel most, at most 6 minutes
#   test-vm.sh record   both guests' answers for docs/conformance.md
set -u
cd "$(dirname "$0")/.." || exit 1
layerbench=${LAYERBENCH:-target/release/layerbench}
out=${OUT:-target/vm}
limit=${LIMIT:-60m}
passed=0 failed=0
newer=6.12+zfs-2.3 older=6.1+zfs-2.1

in_guest() { # name guest arguments...
    local name=$1 guest=$2 status
    shift 2
    echo "== $name"
    "$layerbench" vm run --kernel "$guest" --out "$out/$name" --timeout "$limit" -- "$@" 2>"$out/$name.said"
    status=$?
    tail -n 20 "$out/$name.said"
    # A guest that is slow today has failed nothing: what it did answer counts.
    if [ "$status" = 71 ] && [ -n "${lenient:-}" ] && grep -q 'was ended after' "$out/$name.said" &&
        ! grep -q '"outcome":"\(fail\|broken\)"' "$out/$name/latest/records.jsonl"; then
        echo "== $name: not all was asked within $limit; what was asked is in order"
        status=0
    fi
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
    else
        echo "== $name FAILED ($status)"
        failed=$((failed + 1))
    fi
}

finish() {
    echo "vm: $passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}

mkdir -p "$out"
if [ "${1:-}" = warm ]; then
    if [ "$("$layerbench" vm list | grep -c '(ready')" != 2 ]; then
        echo "vm: not run: the guests are not prepared here, which takes longer than CI has (layerbench vm prepare: about"
        echo "vm: 250 MB and ten minutes); make test-vm prepares them and asks the whole suite of every driver"
        exit 0
    fi
    limit=150s lenient=1
    in_guest warm-zfs "$newer" conform --driver zfs --theme whiteouts --theme changes --theme copy-up
    in_guest warm-overlay "$older" conform --driver overlay2 --theme renames --theme whiteouts --theme copy-up
    finish
fi

"$layerbench" vm prepare
status=$?
if [ "$status" = 6 ]; then
    echo "vm: not run: the guests cannot be had here (the reason is above)"
    exit 0
elif [ "$status" != 0 ]; then
    exit "$status"
fi
if [ "${1:-}" != record ]; then
    echo "== faults"
    if scripts/vm-faults.sh; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
fi
for guest in "$newer" "$older"; do
    in_guest "$guest" "$guest" conform
    if [ "${1:-}" = record ]; then
        mkdir -p docs/conformance
        gzip -9 -n -c "$out/$guest/latest/results.json" >"docs/conformance/$guest.json.gz"
    fi
done
finish
