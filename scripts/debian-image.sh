#!/usr/bin/env bash
# Makes a real Debian image of three layers with other people's tools (mmdebstrap, umoci, skopeo): a base, a layer that
# installs packages, a layer that removes some and changes others. Result in DIR: oci/ (OCI layout, tag "three"),
# oci.tar (OCI archive), docker.tar (docker save). Needs root and: apt-get install mmdebstrap umoci skopeo
set -eu
dir=${1:?usage: debian-image.sh DIR [SUITE]}
suite=${2:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
mkdir "$dir"
bundle=$dir/bundle
umoci init --layout "$dir/oci"
umoci new --image "$dir/oci:zero"
umoci unpack --image "$dir/oci:zero" "$bundle"
# The host's own package sources, so that no mirror is named here.
sources=$(mktemp); trap 'rm -f "$sources"' EXIT
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null >"$sources" || true
mmdebstrap --quiet --variant=minbase "$suite" "$bundle/rootfs.tmp" "$sources"
cp -a "$bundle/rootfs.tmp/." "$bundle/rootfs/"
rm -rf --one-file-system "$bundle/rootfs.tmp"
umoci repack --image "$dir/oci:one" "$bundle"

in_root() { DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$bundle/rootfs" "$@"; }
next() { rm -rf --one-file-system "$bundle"; umoci unpack --image "$dir/oci:$1" "$bundle"; cp /etc/resolv.conf "$bundle/rootfs/etc/resolv.conf" 2>/dev/null || true; }

next one
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends python3-minimal sqlite3 less iputils-ping >/dev/null
umoci repack --image "$dir/oci:two" "$bundle"

next two
in_root apt-get purge -y -qq less >/dev/null
rm -rf "$bundle/rootfs/usr/share/doc" "$bundle/rootfs/var/lib/apt/lists"
mkdir "$bundle/rootfs/usr/share/doc"
echo "three layers" >"$bundle/rootfs/usr/share/doc/README"
chmod 700 "$bundle/rootfs/home"
umoci repack --image "$dir/oci:three" "$bundle"
rm -rf --one-file-system "$bundle"

skopeo copy --quiet "oci:$dir/oci:three" "oci-archive:$dir/oci.tar:three"
skopeo copy --quiet "oci:$dir/oci:three" "docker-archive:$dir/docker.tar:layerbench/debian:three"
ls -l "$dir"
