//! An image with a shell: made of this host's own programs, so that tests need no network.

use crate::session::Session;

/// Copies the shell, some programs and what they are linked with, and writes them as an OCI layout of one layer.
const SCRIPT: &str = r#"
set -eu
mkdir root image image/blobs image/blobs/sha256 root/etc
for program in sh cat sleep mkdir rm head sync touch; do
    at=$(command -v $program)
    cp -L --parents "$at" $(ldd "$at" | grep -o '/[^ )]*') root
    [ -e root/bin/$program ] || { mkdir -p root/bin; cp -L "$at" root/bin/$program; }
done
if [ "$2" = perl ]; then
    # With what it loads to open a socket.
    at=$(command -v perl); mkdir -p root/usr/bin; cp -L "$at" root/usr/bin/perl
    cp -L --parents $(ldd "$at" | grep -o '/[^ )]*') root
    perl -MSocket -e 'print "$_\n" for values %INC, @DynaLoader::dl_shared_objects' | while read -r file; do cp -L --parents "$file" root; done
fi
if [ "$2" = postgres ]; then
    at=$(ls -d /usr/lib/postgresql/*/bin/postgres | tail -1); version=${at%/bin/postgres}; version=${version##*/}
    for part in bin/postgres bin/initdb bin/pgbench bin/psql lib; do
        cp -r --parents /usr/lib/postgresql/$version/$part root
    done
    cp -rL --parents /usr/share/postgresql/$version root
    # Where the tables of time zones are another package's.
    [ ! -d /usr/share/zoneinfo ] || cp -rL --parents /usr/share/zoneinfo root
    find root/usr/lib/postgresql -type f | while read -r file; do
        ldd "$file" 2>/dev/null | grep -o '/[^ )]*' | while read -r library; do
            [ ! -f "$library" ] || cp -L --parents "$library" root
        done
    done
fi
echo 'worker:x:1234:4321::/:/bin/sh' >root/etc/passwd
echo 'postgres:x:1235:1235::/:/bin/sh' >>root/etc/passwd
mkdir -m 1777 root/tmp
blob() { sum=$(sha256sum <"$1" | cut -d' ' -f1); size=$(stat -c %s "$1"); mv "$1" image/blobs/sha256/$sum; }
tar --owner=0 --group=0 -C root -cf layer .
blob layer; layer=$sum layer_size=$size
printf '{"architecture":"%s","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$1" $layer >config
blob config; config=$sum config_size=$size
m=application/vnd.oci.image
printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"%s.layer.v1.tar","digest":"sha256:%s","size":%s}]}' \
    $m $m $config $config_size $m $layer $layer_size >manifest
blob manifest
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json","digest":"sha256:%s","size":%s}]}' $m $sum $size >image/index.json
printf '{"imageLayoutVersion":"1.0.0"}' >image/oci-layout
rm -r root
"#;

/// Makes the image `image` in the session's directory.
pub(crate) fn make(session: &Session) {
    of(session, "");
}

/// The same with this host's Perl, which can serve; `false` where there is none.
pub(crate) fn with_perl(session: &Session) -> bool {
    let there = session.tool("sh", &["-c", "perl -MSocket -e 1"]);
    if there.status.success() {
        of(session, "perl");
    }
    there.status.success()
}

/// The same with this host's PostgreSQL; `false` where there is none.
pub(crate) fn with_postgres(session: &Session) -> bool {
    let find = "ls /usr/lib/postgresql/*/bin/postgres /usr/lib/postgresql/*/bin/pgbench";
    let there = session.tool("sh", &["-c", find]).status.success();
    if there {
        of(session, "postgres");
    }
    there
}

fn of(session: &Session, more: &str) {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let output = session.tool("sh", &["-c", SCRIPT, "sh", architecture, more]);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
}
