#!/usr/bin/env bash
# Makes a real Debian image with other people's tools (mmdebstrap, umoci, skopeo): a base, a layer that installs packages, a
# layer that removes some and changes others, and a layer of the programs that workloads start: nginx, PostgreSQL, python3, git, gcc.
# Result in DIR: oci/ (OCI layout; tag "three" has three layers, tag "programs" all four), oci.tar and programs.tar (OCI
# archives of the two), docker.tar (docker save, of "three"). A finished DIR of the same recipe is left as it is. Needs
# root, the host's package sources, and: apt-get install mmdebstrap umoci skopeo
set -eu
dir=${1:?usage: debian-image.sh DIR [SUITE]}
suite=${2:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
die() { echo "debian-image: $*" >&2; exit 1; }

recipe="debian $suite $(sha256sum <"$0" | cut -c1-16)"
[ "$(cat "$dir/recipe" 2>/dev/null)" != "$recipe" ] || { echo "debian-image: $dir is there already"; exit 0; }
[ ! -e "$dir" ] || die "$dir is there, but is not a finished image of this recipe: remove it, or name another directory"
[ "$(id -u)" = 0 ] || die "installing packages needs root"
for tool in mmdebstrap umoci skopeo; do
    command -v $tool >/dev/null || die "there is no $tool: apt-get install mmdebstrap umoci skopeo"
done

work=$dir.partial
rm -rf --one-file-system "$work"
mkdir -p "$work"
sources=$(mktemp --suffix=.sources)
step='prepare'
code=0
trap 'code=$?; rm -rf --one-file-system "$sources" "$work"
      [ $code = 0 ] || echo "debian-image: could not $step; is there a network, and do the package sources of this host answer? (apt-get update)" >&2' EXIT
# The host's own package sources, so that no mirror is named here.
if [ -s /etc/apt/sources.list.d/debian.sources ]; then
    cp /etc/apt/sources.list.d/debian.sources "$sources"
else
    rm -f "$sources"
    sources=$(mktemp --suffix=.list)
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null >"$sources" || true
fi

bundle=$work/bundle
in_root() { DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$bundle/rootfs" "$@"; }
install() { in_root apt-get update -qq && in_root apt-get install -y -qq --no-install-recommends "$@" >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; return 1; }; }
next() { rm -rf --one-file-system "$bundle"; umoci unpack --image "$work/oci:$1" "$bundle"; cp /etc/resolv.conf "$bundle/rootfs/etc/resolv.conf" 2>/dev/null || true; }

step='make the base'
umoci init --layout "$work/oci"
umoci new --image "$work/oci:zero"
umoci unpack --image "$work/oci:zero" "$bundle"
mmdebstrap --quiet --variant=minbase "$suite" "$work/base" "$sources"
cp -a "$work/base/." "$bundle/rootfs/"
rm -rf --one-file-system "$work/base"
# No service is started by its package.
printf '#!/bin/sh\nexit 101\n' >"$bundle/rootfs/usr/sbin/policy-rc.d"
chmod 755 "$bundle/rootfs/usr/sbin/policy-rc.d"
umoci repack --image "$work/oci:one" "$bundle"

step='install python3-minimal and others'
next one
install python3-minimal sqlite3 less iputils-ping
umoci repack --image "$work/oci:two" "$bundle"

step='change what was installed'
next two
in_root apt-get purge -y -qq less >/dev/null
rm -rf "$bundle/rootfs/usr/share/doc" "$bundle/rootfs/var/lib/apt/lists"
mkdir "$bundle/rootfs/usr/share/doc"
echo "three layers" >"$bundle/rootfs/usr/share/doc/README"
chmod 700 "$bundle/rootfs/home"
umoci repack --image "$work/oci:three" "$bundle"

step='install the programs that workloads start'
next three
mkdir -p "$bundle/rootfs/var/lib/apt/lists/partial"
# No cluster is made by the package: that is measured.
mkdir -p "$bundle/rootfs/etc/postgresql-common"
echo 'create_main_cluster = false' >"$bundle/rootfs/etc/postgresql-common/createcluster.conf"
install nginx-light postgresql python3 git gcc libc6-dev make
rm -rf "$bundle/rootfs/var/lib/apt/lists" "$bundle/rootfs/var/cache/apt/archives"
mkdir -p "$bundle/rootfs/var/cache/apt/archives/partial"
umoci repack --image "$work/oci:programs" "$bundle"
rm -rf --one-file-system "$bundle" "$work/log"

step='save it'
skopeo copy --quiet "oci:$work/oci:three" "oci-archive:$work/oci.tar:three"
skopeo copy --quiet "oci:$work/oci:three" "docker-archive:$work/docker.tar:layerbench/debian:three"
skopeo copy --quiet "oci:$work/oci:programs" "oci-archive:$work/programs.tar:programs"
echo "$recipe" >"$work/recipe"
mv "$work" "$dir"
ls -l "$dir"
