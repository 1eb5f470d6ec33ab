"""The ring: what is written is read, nothing is torn under two real processes, nothing is left behind."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.shared import frame_ring
from obs_bgremove.shared.frame_ring import BGRA, FALLBACK, Ring

WRITER = """
import sys, time
from obs_bgremove.shared.frame_ring import FALLBACK, Ring
ring = Ring.open(sys.argv[1])
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[2])
count = 0
while time.monotonic() < end:
    count += 1
    slot, pixels = ring.begin(320, 180)
    pixels[:] = bytes([count % 251]) * len(pixels)
    ring.publish(slot, time.perf_counter_ns())
    if ring.spare_is_free():
        slot, pixels = ring.begin(320, 180, FALLBACK)
        pixels[:] = bytes([count % 251]) * len(pixels)
        ring.publish(slot, 0)
print(count, flush=True)
"""


@pytest.fixture
def ring():
    ring = Ring.create()
    yield ring
    ring.close()


def _write(ring: Ring, level: int, width: int = 64, height: int = 36, slot: int | None = None) -> int:
    slot, pixels = ring.begin(width, height, slot)
    pixels[:] = bytes([level]) * len(pixels)
    return ring.publish(slot, 1000 + level)


def test_an_empty_ring_has_no_frame(ring: Ring) -> None:
    assert ring.acquire() is None
    assert ring.acquire_fallback() is None


def test_a_published_frame_is_read_with_its_size_format_and_time(ring: Ring) -> None:
    number = _write(ring, 7, 63, 35)
    info = ring.acquire()
    assert info is not None
    assert (info.sequence, info.width, info.height, info.format) == (number, 63, 35, BGRA)
    assert (info.linesize, info.timestamp_ns) == (63 * 4, 1007)
    assert bytes(ring.pixels(info)) == bytes([7]) * (63 * 35 * 4)


def test_the_newest_frame_wins_and_is_given_once(ring: Ring) -> None:
    for level in range(10):
        last = _write(ring, level)
    info = ring.acquire()
    assert info is not None and info.sequence == last
    assert ring.acquire(after=last) is None


def test_a_frame_that_is_being_read_is_never_written_over(ring: Ring) -> None:
    _write(ring, 1)
    info = ring.acquire()
    assert info is not None
    for level in range(2, 50):
        _write(ring, level)
        assert set(ring.pixels(info)) == {1}
    ring.release()


def test_a_half_written_frame_is_not_given_out(ring: Ring) -> None:
    _write(ring, 1)
    for _ in range(frame_ring.SLOTS + 2):
        ring.begin(64, 36)
        info = ring.acquire()
        assert info is not None and set(ring.pixels(info)) == {1}
        ring.release()


STEPS = ["begin", "publish", "acquire", "acquire again", "release", "forget", "spare", "acquire spare", "release spare"]


@given(steps=st.lists(st.sampled_from(STEPS)))
def test_in_any_order_the_reader_holds_the_newest_whole_frame_and_the_writer_stays_off_it(steps: list[str]) -> None:
    ring = Ring.create()
    level, begun, newest, held, read = 0, None, None, None, 0  # newest, held: the byte a frame is full of
    info = spare_info = None
    spare = spare_held = 0
    for step in steps:
        if step == "begin":
            level = level % 250 + 1
            slot, pixels = ring.begin(8, 4)
            assert info is None or slot != info.slot
            pixels[:] = bytes([level]) * len(pixels)
            begun = slot
        elif step == "publish" and begun is not None:
            ring.publish(begun, level)
            begun, newest = None, level
        elif step == "spare" and ring.spare_is_free():
            spare = spare % 250 + 1
            slot, pixels = ring.begin(8, 4, FALLBACK)
            pixels[:] = bytes([spare]) * len(pixels)
            ring.publish(slot, 0)
        elif step == "acquire spare":
            if spare_info is None:
                spare_info, spare_held = ring.acquire_fallback(), spare
                assert (spare_info is None) == (spare == 0)
        elif step == "release spare":
            ring.release_fallback()
            spare_info = None
        elif step.startswith("acquire"):
            found = ring.acquire(after=read if step == "acquire again" else 0)
            expected = newest if step == "acquire" or (newest is not None and newest != held) else None
            assert (found is None) == (expected is None)
            info = found
            if found is not None:
                held, read = newest, found.sequence
        elif step == "release":
            ring.release()
            info = None
        elif step == "forget":
            ring.forget()
            newest, held, info = None, None, None
        if info is not None:
            assert set(ring.pixels(info)) == {held}
        if spare_info is not None:
            assert set(ring.pixels(spare_info)) == {spare_held}
    ring.close()


def test_the_spare_picture_stands_apart(ring: Ring) -> None:
    _write(ring, 1)
    _write(ring, 9, slot=FALLBACK)
    info, spare = ring.acquire(), ring.acquire_fallback()
    assert info is not None and spare is not None
    assert (set(ring.pixels(info)), set(ring.pixels(spare))) == ({1}, {9})
    ring.release_fallback()
    ring.forget()
    assert ring.acquire() is None and ring.acquire_fallback() == spare


def test_a_spare_picture_is_whole_while_the_next_is_made_and_when_its_maker_dies_over_it(ring: Ring) -> None:
    _write(ring, 1, slot=FALLBACK)
    for level in range(2, 8):
        _, pixels = ring.begin(64, 36, FALLBACK)
        pixels[: len(pixels) // 2] = bytes([level]) * (len(pixels) // 2)  # half of it
        info = ring.acquire_fallback()
        assert info is not None and set(ring.pixels(info)) == {level - 1}
        ring.release_fallback()
        _write(ring, level, slot=FALLBACK)


def test_a_spare_picture_that_is_being_read_is_not_written_over(ring: Ring) -> None:
    _write(ring, 1, slot=FALLBACK)
    info = ring.acquire_fallback()
    assert info is not None and ring.spare_is_free()
    _write(ring, 2, slot=FALLBACK)
    assert not ring.spare_is_free(), "the older one is still being read"
    assert set(ring.pixels(info)) == {1}
    ring.release_fallback()
    assert ring.spare_is_free()
    newer = ring.acquire_fallback()
    assert newer is not None and set(ring.pixels(newer)) == {2}


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (7681, 4320)])
def test_a_frame_beyond_the_capacity_is_refused(ring: Ring, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at most"):
        ring.begin(*size)


@pytest.mark.parametrize("token", ["", "fd:", "fd:x", "fd:9999", "file:/etc/passwd"])
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises((ValueError, OSError)):
        Ring.open(token)


def test_memory_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with open(tmp_path / "zeros", "w+b") as file:
        file.truncate(frame_ring._TOTAL_BYTES)
        with pytest.raises(ValueError, match="not one of ours"):
            Ring.open(f"fd:{os.dup(file.fileno())}")


def test_a_wild_header_from_the_other_side_is_not_followed(ring: Ring) -> None:
    _write(ring, 1)
    rng = random.Random(1)
    for _ in range(2000):
        word = rng.randrange(frame_ring._FIRST_SLOT_WORD, frame_ring._FIRST_SLOT_WORD + 8 * frame_ring.SLOTS)
        ring._words[word] = rng.choice([0, 1, 8, 11, 1 << 20, (1 << 64) - 1])
        ring._words[frame_ring._NEWEST] = rng.randrange(0, 9)
        info = ring.acquire()
        if info is not None:
            assert len(ring.pixels(info)) == info.linesize * info.height
        ring.release()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /dev/shm and /proc")
def test_nothing_has_a_name_and_no_descriptor_stays() -> None:
    before, shm = set(os.listdir("/proc/self/fd")), set(os.listdir("/dev/shm"))
    for _ in range(20):
        ring = Ring.create()
        _write(ring, 1)
        assert set(os.listdir("/dev/shm")) == shm
        ring.close()
        ring.close()
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only a memfd can be sealed")
def test_the_other_side_cannot_shorten_the_memory_under_obs(ring: Ring) -> None:
    program = (
        "import os, sys\n"
        "for size in (0, 1 << 30):\n"
        "    try:\n"
        "        os.ftruncate(int(sys.argv[1]), size)\n"
        "    except PermissionError:\n"
        "        print('refused')\n"
        "import fcntl\n"
        "try:\n"
        "    fcntl.fcntl(int(sys.argv[1]), fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)\n"
        "except PermissionError:\n"
        "    print('refused')\n"
    )
    assert ring.descriptor is not None
    command = [sys.executable, "-c", program, str(ring.descriptor)]
    run = subprocess.run(command, pass_fds=(ring.descriptor,), capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["refused"] * 3
    assert _write(ring, 1) and ring.acquire() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /dev/shm and /proc")
@pytest.mark.parametrize("shared_memory", [True, False])
def test_without_memfd_the_memory_is_nameless_too(monkeypatch: pytest.MonkeyPatch, shared_memory: bool) -> None:
    """macOS's way, a POSIX shared memory object; and a temporary file for a Python without it."""
    monkeypatch.delattr(os, "memfd_create")
    if not shared_memory:
        monkeypatch.setitem(sys.modules, "_posixshmem", None)
    before = set(os.listdir("/dev/shm"))
    ring = Ring.create()
    assert set(os.listdir("/dev/shm")) == before
    where = os.readlink(f"/proc/self/fd/{ring.descriptor}")
    assert where.endswith(" (deleted)") and where.startswith("/dev/shm/aibg-") == shared_memory
    assert ring.descriptor is not None and not os.get_inheritable(ring.descriptor)
    other = Ring.open(f"fd:{os.dup(ring.descriptor)}")
    _write(other, 5)
    info = ring.acquire()
    assert info is not None and set(ring.pixels(info)) == {5}
    other.close()
    ring.close()


def test_two_processes_never_tear_a_frame_or_a_spare_picture(ring: Ring) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, ring.token, "60"],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=() if ring.descriptor is None else (ring.descriptor,),
    )
    assert writer.stdout is not None
    with writer:
        assert writer.stdout.readline() == "ready\n"
        seen, last, spares = 0, 0, set()
        while seen < 500 or len(spares) < 100:
            assert writer.poll() is None, f"only {seen} frames and {len(spares)} spare pictures were seen"
            info = ring.acquire(last)
            if info is None:
                continue
            assert info.sequence > last
            last = info.sequence
            assert _is_flat(ring, info), f"frame {last} is torn"
            ring.release()
            spare = ring.acquire_fallback()
            if spare is not None:
                assert _is_flat(ring, spare), f"spare picture {spare.sequence} is torn"
                spares.add(spare.sequence)
            ring.release_fallback()
            seen += 1
        writer.terminate()


def _is_flat(ring: Ring, info: frame_ring.FrameInfo) -> bool:
    pixels = bytes(ring.pixels(info))
    return pixels.count(pixels[0]) == len(pixels)
