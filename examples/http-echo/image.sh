#!/bin/sh
# Makes the image http-echo:1 from the machine's static busybox, with no image registry.
set -e
here=$(dirname "$0")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/bin"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$here/http-echo.sh" "$root/bin/http-echo"
for name in sh mkdir ps; do ln -s busybox "$root/bin/$name"; done
tar -C "$root" -c . | docker import --change 'ENTRYPOINT ["/bin/http-echo"]' - http-echo:1
