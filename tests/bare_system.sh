#!/usr/bin/env bash
# Tries install.py on a bare Debian in a folder, step by step as a person would who reads its messages: without venv,
# without the system libraries, then with exactly what the messages say. With --ci, runs .ci/run there as well.
# As root, with debootstrap:  tests/bare_system.sh FOLDER [--ci]     (FOLDER is made, used again, and left)
set -euo pipefail
place=${1:?usage: $0 FOLDER [--ci]}
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
source "$checkout/tests/debian_folder.sh"
make_debian bookworm "$place"
mount_debian

rm -rf "$folder/clone" "$folder/home/person"
git clone -q "$checkout" "$folder/clone"
mkdir -p "$folder/home/person"

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
