#!/usr/bin/env bash
# Faults of a guest, each made with a real one: a panic, a hang, a full disk, a damaged cache, SIGTERM, SIGKILL. Each must end
# with its exit code and a line that says what happened, and leave nothing running and nothing on the disk. About four
# minutes where the processor is emulated. LAYERBENCH names the program, GUEST the guest.
set -u
cd "$(dirname "$0")/.." || exit 1
layerbench=${LAYERBENCH:-target/release/layerbench}
guest=${GUEST:-6.12+zfs-2.3}
cache=${LAYERBENCH_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/layerbench/vm}
passed=0 failed=0
dir=$(mktemp -d /var/tmp/layerbench-vm-faults.XXXXXX) || exit 1
copy=$(mktemp -d "$cache/faults.XXXXXX") || exit 1
mkdir "$dir/work" "$dir/small"
cleanup() {
    mountpoint -q "$dir/small" && umount "$dir/small"
    rm -rf "$dir" "$copy"
}
trap cleanup EXIT

in_guest() { # work limit arguments...
    local work=$1 limit=$2
    shift 2
    "$layerbench" vm run --kernel "$guest" --work "$work" --out "$dir/out" --timeout "$limit" --cpus 1 -- "$@"
}

verdict() { # name problem (none if empty)
    if [ -z "$2" ]; then
        echo "vm-faults: $1: as it should be"
        passed=$((passed + 1))
    else
        echo "vm-faults: $1 FAILED: $2; it said:"
        tail -n 8 "$dir/said" | sed 's/^/    /'
        failed=$((failed + 1))
    fi
}

nothing_left() { # which of our guests runs, and what lies in the work directories
    pgrep -f "qemu-system.*$dir" | sed 's/^/running: /'
    find "$dir/work" "$dir/small" -mindepth 1 -maxdepth 1 | sed 's/^/left: /'
}

expect() { # name code words command...
    local name=$1 code=$2 words=$3 got problem
    shift 3
    "$@" >"$dir/said" 2>&1
    got=$?
    problem=$(nothing_left)
    if [ "$got" != "$code" ]; then
        problem="exit code $got, not $code; $problem"
    elif ! grep -q -- "$words" "$dir/said"; then
        problem="no word of \"$words\"; $problem"
    fi
    verdict "$name" "$problem"
}

signalled() { # name signal code left-overs-are-allowed
    local name=$1 signal=$2 code=$3 allowed=${4:-} pid got problem=''
    in_guest "$dir/work" 5m exec --driver vfs@tmpfs -- sleep 1000 >"$dir/said" 2>&1 &
    pid=$!
    for _ in $(seq 600); do
        grep -q 'guest: up' "$dir/said" && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    # The shell that runs the function is not the program.
    pkill "-$signal" -P "$pid" 2>/dev/null || kill "-$signal" "$pid"
    wait "$pid"
    got=$?
    for _ in $(seq 50); do
        pgrep -f "qemu-system.*$dir" >/dev/null || break
        sleep 0.1
    done
    [ -z "$allowed" ] || rm -rf "$dir"/work/*
    [ "$got" = "$code" ] || problem="exit code $got, not $code; "
    verdict "$name" "$problem$(nothing_left)"
}

expect "a panic" 71 'ended without an answer' \
    in_guest "$dir/work" 5m exec --driver vfs@tmpfs -- sh -c 'echo c >/proc/sysrq-trigger'
# What is said of the next fault takes its place.
cp "$dir/said" "$dir/panic"
expect "its console's last lines" 0 'sysrq: Trigger a crash' cat "$dir/panic"
expect "a hang" 71 'was ended after 30 s' \
    in_guest "$dir/work" 30s exec --driver vfs@tmpfs -- sleep 1000
signalled "SIGTERM" TERM 130
# Who is killed cannot tidy up; the guest must go with it.
signalled "SIGKILL" KILL 137 allowed
if [ "$(id -u)" = 0 ]; then
    mount -t tmpfs -o size=300m small "$dir/small"
    expect "a full disk" 71 'is full' \
        in_guest "$dir/small" 5m exec --driver vfs@tmpfs -- dd if=/dev/zero of=/work/fill bs=1M
    umount "$dir/small"
else
    echo "vm-faults: a full disk: skipped: only root can mount a small one"
fi

# A copy of links: what is damaged is replaced, never written to.
cp -al "$cache/$guest" "$copy/"
head -c 100000 "$cache/$guest/guest/base.cpio.zst" >"$dir/cut" && mv "$dir/cut" "$copy/$guest/guest/base.cpio.zst"
expect "a damaged base" 0 '(modules built,' "$layerbench" vm list --cache "$copy"
expect "it is made again" 0 'assembling the guest' "$layerbench" vm prepare --cache "$copy" "$guest"
expect "and is ready" 0 "$guest .*(ready," "$layerbench" vm list --cache "$copy"
expect "done before" 0 'ready' "$layerbench" vm prepare --cache "$copy" "$guest"
if grep -q 'assembling\|building\|fetching' "$dir/said"; then
    verdict "what is done is left" "it was done again"
fi

echo "vm-faults: $passed passed, $failed failed"
[ "$failed" = 0 ]
