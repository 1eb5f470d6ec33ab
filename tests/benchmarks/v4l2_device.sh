#!/usr/bin/env bash
# A real V4L2 device in one command: boots Debian's kernel with v4l2loopback in an emulated machine that sees this one's
# files, feeds /dev/video0 by ffmpeg and runs v4l2_cases.py there with the installed engine. No camera, no KVM needed.
# As root on Debian (it installs qemu, a kernel and the module):  tests/benchmarks/v4l2_device.sh [CASE …]
# Takes about ten minutes; cases are the functions of v4l2_cases.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

packages=(qemu-system-x86 linux-image-amd64 linux-headers-amd64 v4l2loopback-dkms v4l-utils kmod ffmpeg)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]})); then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
module=$(find /lib/modules -name 'v4l2loopback.ko*' | sort -V | tail -1)
kernel=/boot/vmlinuz-$(cut -d/ -f4 <<<"$module")

mkdir -p build
[ -x build/virtme/bin/vng ] || { python3 -m venv build/virtme && build/virtme/bin/pip install -q 'virtme-ng>=1.42,<1.43'; }
python=$(python3 -c 'from obs_bgremove.shared import installation; print(installation.python_path())')
home=$(python3 -c 'from obs_bgremove.shared import installation; print(installation.home())')
output=build/v4l2.txt
# A terminal is wanted by virtme-ng, and what the guest's shell returns does not come back: the last line tells.
# The guest has a /tmp of its own: whatever both sides need lies in build/ or in the home.
script -qec "PATH=\$PWD/build/virtme/bin:\$PATH vng --run '$kernel' --disable-kvm --disable-microvm --rw --memory 4G \
    --append edd=off -- \"AI_BACKGROUND_HOME='$home' '$python' -m tests.benchmarks.v4l2_cases $*\"" "$output"
tr -d '\r' <"$output" | grep -qE '^[0-9]+ passed, 0 failed$'
