#!/usr/bin/env bash
# Runs a command, as root, under another kernel on this machine: user-mode Linux, with the host's own files as its root. For
# what the host's kernel cannot do; Debian's has project quotas on ext4 and xfs. Needs: apt-get install user-mode-linux kmod
#   cargo build && scripts/other-kernel.sh target/debug/layerbench conform --driver overlay2,quota=on --case limit
# MEMORY=1G and LIMIT=600 (seconds) change its size and how long it may take.
set -eu
[ $# -gt 0 ] || { sed -n '2,5s/^# *//p' "$0"; exit 2; }
command -v linux.uml >/dev/null || { echo "linux.uml is missing: apt-get install user-mode-linux kmod" >&2; exit 1; }
dir=$(mktemp -d /var/tmp/other-kernel.XXXXXX); trap 'rm -rf "$dir"' EXIT
modules=$(echo /usr/lib/uml/modules/*/kernel)
{
    echo '#!/bin/bash'
    echo 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root'
    echo 'mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev 2>/dev/null'
    echo 'for at in /tmp /run; do mount -t tmpfs tmpfs $at; done; ulimit -n 65536'
    for module in fs/quota/quota_tree fs/quota/quota_v2 drivers/block/loop fs/overlayfs/overlay fs/fuse/fuse; do
        echo "insmod $modules/$module.ko"
    done
    printf 'cd %q\n' "$PWD"
    printf '%q ' "$@"; printf '>%q 2>&1 </dev/null\n' "$dir/said"
    printf 'echo $? >%q; sync; halt -f -p\n' "$dir/status"
} >"$dir/init"
chmod +x "$dir/init"
timeout "${LIMIT:-600}" linux.uml mem="${MEMORY:-1G}" rootfstype=hostfs rw init="$dir/init" con=null con0=null,fd:1 \
    >"$dir/log" 2>&1 </dev/null || true
cat "$dir/said" 2>/dev/null || true
[ -e "$dir/status" ] || { tail -n 5 "$dir/log" >&2; echo "the command did not end" >&2; exit 1; }
exit "$(cat "$dir/status")"
