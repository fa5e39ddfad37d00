#!/usr/bin/env bash
# layerbench against its own last baseline (ci/baseline), by what noise cannot move: bytes, inodes, system calls. About
# 20 s. `gate.sh baseline` measures the baseline anew: for a change that moves these numbers on purpose.
# LAYERBENCH names the program; target/debug/layerbench else.
set -eu
cd "$(dirname "$0")/.."
layerbench=${LAYERBENCH:-target/debug/layerbench}
[ -x "$layerbench" ] || { echo "gate: there is no $layerbench: cargo build makes it" >&2; exit 1; }
if [ "$(id -u)" != 0 ]; then
    echo "gate: skipped: filesystems of its own need root" >&2
    exit 0
fi
out=target/gate
if [ "${1:-}" = baseline ]; then
    # Drivers and filesystems that need no more than the kernel and e2fsprogs. Two rounds, so that a number that differs
    # between them is none to judge by.
    "$layerbench" bench --profile smoke --rounds 2 --driver overlay2@ext4 --driver vfs@ext4 \
        --workload pull --workload start --workload copy-up --out "$out"
    mkdir -p ci/baseline
    cp "$out/latest/records.jsonl" ci/baseline/records.jsonl
    exit
fi
exec timeout 180 "$layerbench" gate --baseline ci/baseline --noise-free --out "$out"
