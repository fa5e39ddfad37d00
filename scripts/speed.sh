#!/usr/bin/env bash
# The numbers of docs/performance.md: layerbench against podman, skopeo, umoci, containerd and containers-storage on a real
# Debian image; peak memory; cost curves. Prints Markdown. Needs root, Debian or Ubuntu, 30 GB free in /var/tmp and a quiet machine;
# about half an hour.   speed.sh [IMAGE [PART...]]
#   IMAGE  an OCI layout, DIR or DIR:TAG; without it, or as "-", one is made by debian-image.sh and kept in /var/tmp/layerbench-debian
#   PART   of: apply pull cycle peers engines memory curves live changes (all)
set -eu
cd "$(dirname "$0")/.."
image=${1:--}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- apply pull cycle peers engines memory curves live changes

packages=''
for pair in podman:podman skopeo:skopeo umoci:umoci ctr:containerd containers-storage:containers-storage mkfs.btrfs:btrfs-progs; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || packages="$packages ${pair##*:}"
done
if [ -n "$packages" ]; then
    echo "speed: installing$packages" >&2
    # shellcheck disable=SC2086 # package names are words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
fi
if [ "$image" = - ]; then
    made=/var/tmp/layerbench-debian
    [ -e "$made/oci/index.json" ] || scripts/debian-image.sh "$made" >&2
    image=$made/oci:three
fi
LAYERBENCH_TARGET_IMAGE=$image cargo bench --locked -q -p layerbench --bench targets -- "$@"
