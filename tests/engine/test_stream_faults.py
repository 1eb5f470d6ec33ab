"""A network camera that stalls, goes away and comes back: a real stream on loopback, a real engine."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.colours import GREEN_BGR, ROOM_BGR
from tests.engine.engine_client import EngineClient

SHOW_CAMERA = {"view": "camera", "background_mode": "color", "mirror": False}


class Stream:
    """An MJPEG stream of one colour at 30 fps. `stalled` keeps the connection and sends nothing."""

    def __init__(self, port: int = 0) -> None:
        self.stalled = False
        self._end = False
        picture = np.full((180, 320, 3), ROOM_BGR, np.uint8)
        self._jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    while not stream._end:
                        if not stream.stalled:
                            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(stream._jpeg)}\r\n\r\n"
                            self.wfile.write(head.encode() + stream._jpeg + b"\r\n")
                        time.sleep(1 / 30)
                except OSError:
                    pass  # the engine has hung up

            def log_message(self, *arguments: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/live.mjpg"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Ends the server and every connection."""
        self._end = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


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
