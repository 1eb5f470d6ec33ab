"""Which processors a library or program is made for, from its first bytes (PE on Windows, Mach-O on macOS)."""

import struct
from pathlib import Path

_PE = {0x8664: "x64", 0xAA64: "arm64", 0x14C: "x86"}
_MACH = {0x01000007: "x64", 0x0100000C: "arm64"}
_READ_BYTES = 4096


def machines(path: Path) -> set[str]:
    """`x64`, `arm64`, `x86`; several for a universal file, none for one that is not understood or cannot be read."""
    try:
        with open(path, "rb") as file:
            head = file.read(_READ_BYTES)
    except OSError:
        return set()
    try:
        if head[:2] == b"MZ":
            (offset,) = struct.unpack_from("<I", head, 0x3C)
            found = [struct.unpack_from("<H", head, offset + 4)[0]] if head[offset : offset + 4] == b"PE\0\0" else []
            return {_PE[kind] for kind in found if kind in _PE}
        if head[:4] == b"\xcf\xfa\xed\xfe":  # one processor, 64 bit
            found = [struct.unpack_from("<I", head, 4)[0]]
        elif head[:4] == b"\xca\xfe\xba\xbe":  # universal: a table of 20 bytes an entry, big-endian
            count = min(struct.unpack_from(">I", head, 4)[0], 16)
            found = [struct.unpack_from(">I", head, 8 + 20 * number)[0] for number in range(count)]
        else:
            found = []
    except struct.error:
        return set()
    return {_MACH[kind] for kind in found if kind in _MACH}
