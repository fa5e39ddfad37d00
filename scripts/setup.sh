#!/usr/bin/env bash
# Installs what layerbench needs and is missing: Debian/Ubuntu by apt, Fedora by dnf. Elsewhere, or without the right to
# install, it prints the list and stops. Nothing missing: nothing is run. With the word `tests`: also what only the tests need.
set -eu

# tool : Debian package : Fedora package : needed | wanted
wants='
cc:gcc:gcc:needed
cargo:cargo:cargo:needed
mkfs.ext4:e2fsprogs:e2fsprogs:needed
mkfs.xfs:xfsprogs:xfsprogs:wanted
mkfs.btrfs:btrfs-progs:btrfs-progs:wanted
fuse-overlayfs:fuse-overlayfs:fuse-overlayfs:wanted
fusermount3:fuse3:fuse3:wanted
setfacl:acl:acl:wanted
'
# OpenZFS needs its kernel module; where there is none, zfs-fuse serves the same commands in user space.
[ -e /dev/zfs ] || wants="$wants
zfs-fuse:zfs-fuse:zfs-fuse:wanted"
# Only the tests: a real registry to pull from, on the loopback; a reader of our shell scripts; a browser for the page (chromium:
# 350 MB on disk), with the text of what it prints, and npm for axe-core.
[ "${1:-}" != tests ] || wants="$wants
docker-registry:docker-registry:docker-distribution:wanted
shellcheck:shellcheck:ShellCheck:wanted
chromium:chromium:chromium:wanted
pdftotext:poppler-utils:poppler-utils:wanted
npm:npm:nodejs-npm:wanted"

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
if [ -e /etc/debian_version ]; then manager=apt; elif [ -e /etc/fedora-release ]; then manager=dnf; else manager=none; fi

needed='' wanted='' names=''
while IFS=: read -r tool debian fedora rank; do
    [ -n "$tool" ] || continue
    command -v "$tool" >/dev/null 2>&1 && continue
    if [ "$manager" = dnf ]; then package=$fedora; else package=$debian; fi
    names="$names $tool"
    if [ "$rank" = needed ]; then needed="$needed $package"; else wanted="$wanted $package"; fi
done <<EOT
$wants
EOT

check_rust() {
    command -v cargo >/dev/null 2>&1 || { echo "setup: cargo is missing: install Rust 1.89 or newer (https://rustup.rs)" >&2; exit 6; }
    minor=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    if [ "${minor:-0}" -lt 89 ]; then
        echo "setup: $(cargo --version) is too old: layerbench needs Rust 1.89 or newer (https://rustup.rs)" >&2
        exit 6
    fi
}

for_tests() {
    [ "$1" = tests ] || return 0
    "$(dirname "$0")/axe.sh" || echo "setup: could not fetch axe-core: going on without it; its tests are skipped" >&2
}

if [ -z "$needed$wanted" ]; then check_rust; for_tests "${1:-}"; exit 0; fi

echo "setup: missing tools:$names" >&2
if [ "$manager" = none ]; then
    echo "setup: no apt or dnf here. Install these, then run make again:$needed$wanted" >&2
    exit 6
fi
as_root=''
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root=sudo
    elif [ -n "$needed" ]; then
        echo "setup: not root, and sudo asks for a password. As root, install:$needed$wanted" >&2
        exit 6
    else
        echo "setup: not root: going on without$wanted; layerbench doctor says what that costs" >&2
        check_rust
        for_tests "${1:-}"
        exit 0
    fi
fi

install() { # packages...
    if [ "$manager" = apt ]; then
        # The package would start a registry that listens to everybody, for good.
        if [ "$*" = docker-registry ] && [ -d /run/systemd/system ]; then
            $as_root systemctl mask --quiet docker-registry.service || return 1
        fi
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        $as_root dnf install -y -q "$@"
    fi
}
[ "$manager" = apt ] && $as_root apt-get update -qq
# shellcheck disable=SC2086 # package names are words
[ -z "$needed" ] || install $needed || { echo "setup: could not install:$needed" >&2; exit 6; }
# One by one: a release without one of them (zfs-fuse) must not lose the others.
for package in $wanted; do
    install "$package" || echo "setup: could not install $package: going on without it; layerbench doctor says what that costs" >&2
done
check_rust
for_tests "${1:-}"
