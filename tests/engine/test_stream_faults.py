"""A network camera that stalls, goes away and comes back: a real stream on loopback, a real engine."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.colours import GREEN_BGR, ROOM_BGR
from tests.engine.engine_client import EngineClient
from tests.fakes.mjpeg_stream import MjpegStream

SHOW_CAMERA = {"view": "camera", "background_mode": "color", "mirror": False}


class Stream(MjpegStream):
    """An MJPEG stream of one colour at 30 fps. `stalled` keeps the connection and sends nothing."""

    def __init__(self, port: int = 0) -> None:
        self.stalled = False
        picture = np.full((180, 320, 3), ROOM_BGR, np.uint8)
        jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()

        def pictures() -> Iterator[bytes]:
            while not self.ended:
                if not self.stalled:
                    yield jpeg
                time.sleep(1 / 30)

        super().__init__(pictures, port)


@pytest.fixture
def stream() -> Iterator[Stream]:
    stream = Stream()
    yield stream
    stream.stop()


@pytest.fixture
def engine(assets: Path) -> Iterator[EngineClient]:
    with EngineClient() as client:
        yield client
    assert b"Traceback" not in client.stderr


def _is(*bgr: int):
    return lambda picture: bool(np.abs(picture[60:120, 100:200, :3].astype(int) - bgr).max() <= 8)


def test_a_stream_that_stalls_is_replaced_by_the_background_and_comes_back(
    engine: EngineClient, stream: Stream
) -> None:
    engine.say(camera=stream.url, **SHOW_CAMERA)
    engine.until(_is(*ROOM_BGR))
    stream.stalled = True
    started = time.monotonic()
    engine.until(_is(*GREEN_BGR))
    assert time.monotonic() - started < 2 * 3.0  # about 2.5 s by itself; the rest is for a busy machine
    engine.status("gives no picture")
    stream.stalled = False
    engine.until(_is(*ROOM_BGR))
    engine.status("")


def test_a_stream_whose_server_goes_away_is_found_again(engine: EngineClient) -> None:
    first = Stream()
    engine.say(camera=first.url, **SHOW_CAMERA)
    engine.until(_is(*ROOM_BGR))
    first.stop()
    engine.until(_is(*GREEN_BGR))
    message = engine.status("The ")
    assert "Traceback" not in message
    second = Stream(first.port)
    try:
        engine.until(_is(*ROOM_BGR))
        engine.status("")
    finally:
        second.stop()


def test_a_password_in_the_address_appears_nowhere(engine: EngineClient) -> None:
    engine.say(camera="http://anna:geheim123@127.0.0.1:9/live?token=verborgen", **SHOW_CAMERA)
    engine.status("http://127.0.0.1/…")
    seen_by_all = Path(f"/proc/{engine.process.pid}/cmdline")
    started_with = seen_by_all.read_text() if seen_by_all.exists() else str(engine.process.args)
    time.sleep(1.5)  # it is tried again, and said again
    engine.leave()
    said = str(engine.messages) + started_with + engine.stderr.decode()
    assert "http://127.0.0.1/…" in said
    for secret in ("geheim123", "verborgen"):
        assert secret not in said
