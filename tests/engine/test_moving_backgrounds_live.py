"""Videos behind the person in a live engine: nobody waits, and nothing grows."""

import dataclasses
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds import video_files
from obs_bgremove.engine.backgrounds.video import AHEAD, Video
from tests.fakes.exact_videos import write_video
from tests.fakes.playing_videos import CAMERA_NS, SIZE, grey, options_of, playing


def _memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def test_live_it_plays_at_its_own_rate_and_nobody_waits(counting: Path) -> None:
    with playing(counting) as (backgrounds, options):
        seen, slowest = [], 0.0
        for number in range(60):
            time.sleep(1 / 60)
            started = time.perf_counter()
            image = backgrounds.get(options, *SIZE, number * CAMERA_NS + 1)
            slowest = max(slowest, time.perf_counter() - started)
            seen.append(int(image[45, 80, 0]))
    # Twice as fast as real time, over two seams: every frame is there, in order, three looks long, but for the odd one
    # that a busy machine brings late.
    order = [level for before, level in zip([0, *seen], seen) if level != before]
    assert all((after - before) % 80 in (10, 20) for before, after in zip(order, order[1:])), order
    assert len(order) >= 16
    assert slowest < 0.1


def test_a_decoder_that_may_not_change_its_niceness_plays_all_the_same(
    counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("as for a person whose OBS was started nicer than that")

    monkeypatch.setattr("os.setpriority", refused)
    with playing(counting) as (backgrounds, options):
        seen, number = set(), 0
        end = time.monotonic() + 20
        while len(seen) < 4 and time.monotonic() < end:
            seen.add(int(backgrounds.get(options, *SIZE, number * CAMERA_NS + 1)[45, 80, 0]))
            time.sleep(1 / 60)
            number += 1
        assert len(seen) >= 4 and backgrounds.problem is None


def test_a_picture_that_stays_is_the_same_array_and_a_new_frame_is_another(counting: Path) -> None:
    backgrounds = Backgrounds(wait=True)
    images = [backgrounds.get(options_of(counting), *SIZE, number * CAMERA_NS) for number in range(7)]
    assert images[0] is images[1] is images[2] and images[3] is images[4] is images[5]
    assert images[2] is not images[3] and images[0][45, 80, 0] == 10, "a frame that was given is never written to again"


def test_hidden_it_stands_still_and_decodes_nothing(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    before = video_files._Converter._convert
    monkeypatch.setattr(
        video_files._Converter, "_convert", lambda self, frame: decoded.append(1) or before(self, frame)
    )
    with playing(counting) as (backgrounds, options):
        now_ns = 1
        for _ in range(4):
            backgrounds.get(options, *SIZE, now_ns)
            now_ns += CAMERA_NS
            time.sleep(0.02)
        level, count = int(backgrounds.get(options, *SIZE, now_ns)[45, 80, 0]), len(decoded)
        time.sleep(0.3)
        assert len(decoded) <= count + 1
        now_ns += 60_000_000_000
        assert int(backgrounds.get(options, *SIZE, now_ns)[45, 80, 0]) == level == 20


def test_the_queue_is_bounded_and_the_thread_ends_with_the_background(counting: Path, pictures: Path) -> None:
    with playing(counting) as (backgrounds, options):
        backgrounds.get(options, *SIZE, 1)
        time.sleep(0.2)
        assert isinstance(backgrounds._layer, Video) and len(backgrounds._layer._queue) == AHEAD
        thread = backgrounds._layer._thread
        backgrounds.get(dataclasses.replace(options, background_mode="color", crossfade_ms=0), *SIZE, CAMERA_NS)
        backgrounds.get(dataclasses.replace(options, background_mode="color", crossfade_ms=0), *SIZE, 2 * CAMERA_NS)
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc on this system")
def test_memory_files_and_threads_stay_flat_over_many_loops(counting: Path) -> None:
    before = threading.active_count()
    with playing(counting) as (backgrounds, options):
        figures = []
        for number in range(400):  # 16 loops at many times their speed, each frame 3.7 MB
            backgrounds.get(options, 1280, 720, number * CAMERA_NS)
            time.sleep(0.004)
            figures.append((len(list(Path("/proc/self/fd").iterdir())), _memory_mb()))
        files, memory_mb = zip(*figures)
        assert max(files[100:]) <= max(files[:100]) + 1
        assert max(memory_mb[100:]) < max(memory_mb[50:100]) + 40, "a leak would be 500 MB"
        assert threading.active_count() <= before + 2


def test_a_decoder_that_cannot_follow_plays_more_slowly_and_delays_nobody(
    counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = video_files._Converter._convert

    def slow(self: Any, frame: Any) -> Any:
        time.sleep(0.15)
        return before(self, frame)

    monkeypatch.setattr(video_files._Converter, "_convert", slow)
    with playing(counting) as (backgrounds, options):
        seen, slowest = set(), 0.0
        for number in range(90):
            time.sleep(1 / 60)
            started = time.perf_counter()
            seen.add(int(backgrounds.get(options, *SIZE, number * CAMERA_NS)[45, 80, 0]))
            slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.1 and len(seen) >= 3


def test_of_a_video_faster_than_the_camera_not_every_frame_is_scaled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "fast.mkv", [grey(n) for n in range(120)], fps=60)
    scaled = []
    before = video_files._Converter._convert
    monkeypatch.setattr(video_files._Converter, "_convert", lambda self, frame: scaled.append(1) or before(self, frame))
    with playing(path) as (backgrounds, options):
        for number in range(60):
            backgrounds.get(options, *SIZE, number * CAMERA_NS)
            time.sleep(1 / 60)
    assert 40 <= len(scaled) <= 85, "two seconds of 60 fps under a camera of 30"
