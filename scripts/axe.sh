#!/usr/bin/env bash
# Fetches axe-core, with which the tests look for what keeps people from reading the page, into target/axe. It is not part of
# layerbench (MPL-2.0): it is taken from npm as published, checked, used by the tests, and never shipped.
set -eu
version=4.14.1
sum=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

cd "$(dirname "$0")/.."
file=target/axe/axe.min.js
matches() { echo "$sum  $1" | sha256sum --check --status 2>/dev/null; }
matches "$file" && exit 0
command -v npm >/dev/null 2>&1 || { echo "axe: npm is missing" >&2; exit 6; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
(cd "$dir" && npm pack --silent "axe-core@$version" >/dev/null && tar xzf "axe-core-$version.tgz" package/axe.min.js)
if ! matches "$dir/package/axe.min.js"; then
    echo "axe: what npm gave as axe-core $version is not what it was: $(sha256sum "$dir/package/axe.min.js")" >&2
    exit 6
fi
mkdir -p target/axe
mv "$dir/package/axe.min.js" "$file"
