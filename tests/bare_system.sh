#!/usr/bin/env bash
# Tries install.py on a bare Debian in a folder, step by step as a person would who reads its messages: without venv,
# without the system libraries, then with exactly what the messages say. With --ci, runs .ci/run there as well.
# As root, with debootstrap:  tests/bare_system.sh FOLDER [--ci]     (FOLDER is made, used again, and left)
set -euo pipefail
folder=$(realpath -m "${1:?usage: $0 FOLDER [--ci]}")
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")

if [ ! -e "$folder/usr/bin/python3" ]; then
    debootstrap --variant=minbase --include=ca-certificates,python3 bookworm "$folder" >"$folder.debootstrap.log"
fi
# The host's certificates and package settings: the same network.
cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$folder/proc" "$folder/sys" "$folder/dev/shm"
mountpoint -q "$folder/proc" || mount -t proc proc "$folder/proc"
mountpoint -q "$folder/sys" || mount -t sysfs -o ro sysfs "$folder/sys"
mountpoint -q "$folder/dev/shm" || mount -t tmpfs tmpfs "$folder/dev/shm"
trap 'umount "$folder/proc" "$folder/sys" "$folder/dev/shm"' EXIT

rm -rf "$folder/clone" "$folder/home/person"
git clone -q "$checkout" "$folder/clone"
mkdir -p "$folder/home/person"

inside() {
    chroot "$folder" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/person LC_ALL=C.UTF-8 \
        ${PIP_CERT:+PIP_CERT=$PIP_CERT} DEBIAN_FRONTEND=noninteractive "$@"
}
install() { inside python3 /clone/install.py "$@" 2>&1; }
expect() {
    grep -qF -- "$1" <<<"$said" || { printf 'expected: %s\nsaid:\n%s\n' "$1" "$said"; exit 1; }
    echo "ok: $1"
}
follow() { # runs the apt-get line that the message names
    local line
    line=$(grep -o 'apt-get install [^`]*' <<<"$said" | tail -1)
    echo "\$ $line"
    inside apt-get update -q >/dev/null
    # shellcheck disable=SC2086
    inside ${line/install/install -y -q --no-install-recommends} >/dev/null
}

if ! inside python3 -c 'import ensurepip' 2>/dev/null; then
    said=$(install || true)
    expect 'its venv module is not installed'
    follow
fi
said=$(install || true)
if grep -q 'System libraries are missing' <<<"$said"; then
    expect 'libEGL.so.1'
    follow
    said=$(install)
fi
expect 'latency camera to slot'
said=$(install)
expect 'Packages: in place'
expect 'Kernels: in place'
said=$(install --uninstall)
expect 'removed /home/person/.local/share/ai-background'
[ "${2:-}" != --ci ] || inside bash /clone/.ci/run
