#!/bin/busybox sh
# The guest's first process: loads the modules, mounts the scratch disk, runs /suite/run.sh, hands back what it gave.
/bin/busybox --install -s /bin
export PATH=/usr/bin:/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /run/lock /tmp /results /work
mount -t devpts pts /dev/pts
mount -t tmpfs run /run
mkdir -p /run/lock
mount -t tmpfs tmp /tmp
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup
hostname guest
ip link set lo up
while read -r module; do
    insmod "/modules/$module" || echo "guest: $module cannot be loaded"
done </modules/order
echo "guest: up after $(cut -d' ' -f1 /proc/uptime) s, $(uname -r)"

port() {
    for port in /sys/class/virtio-ports/*; do
        [ "$(cat "$port/name")" = "$1" ] && echo "/dev/${port##*/}"
    done
}
stop() { # STATUS
    echo "$1" >"$(port status)"
    echo "guest: down after $(cut -d' ' -f1 /proc/uptime) s"
    poweroff -f
}
[ -e /suite/run.sh ] || stop 0
if [ -e /sys/module/zfs ]; then
    # Half of what there is would be too much beside a root in memory.
    echo $((256 << 20)) >/sys/module/zfs/parameters/zfs_arc_max
fi
mount -t ext4 -o noatime,discard,noinit_itable /dev/vda /work || stop 71
mkdir -p /work/tmp /var
rmdir /var/tmp 2>/dev/null
ln -s /work/tmp /var/tmp
chmod 1777 /tmp /work/tmp
ulimit -n 65536
export LAYERBENCH_OUT=/results LAYERBENCH_WORK=/work/runs TERM=dumb
cd /work || stop 71
tail -n +1 -F /results/latest/records.jsonl >"$(port progress)" 2>/dev/null &
follower=$!
# What it says goes through a pipe: a console would be drawn on as a terminal.
{
    sh /suite/run.sh 2>&1 1>&3 </dev/null
    echo $? >/run/status
} 3>"$(port output)" | cat
kill "$follower"
[ ! -e /results/latest/records.jsonl ] || cat /results/latest/records.jsonl >"$(port records)"
stop "$(cat /run/status)"
