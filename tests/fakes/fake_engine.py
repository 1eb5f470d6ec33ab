"""An engine process that misbehaves on demand: `python -m tests.fakes.fake_engine MODE --ring TOKEN --log PATH`."""

import os
import sys
import threading
import time

from obs_bgremove import __version__
from obs_bgremove.shared import protocol
from obs_bgremove.shared.frame_ring import FALLBACK, Ring
from obs_bgremove.shared.language import Text

WIDTH, HEIGHT = 64, 36
FALLBACK_BYTE, FRAME_BYTE = 7, 200


def say(kind: str, **fields: object) -> None:
    sys.stdout.buffer.write(protocol.encode(kind, **fields))
    sys.stdout.buffer.flush()


def publish(ring: Ring, byte: int, slot: "int | None" = None) -> int:
    number, pixels = ring.begin(WIDTH, HEIGHT, slot)
    pixels[:] = bytes([byte]) * len(pixels)
    return ring.publish(number, time.monotonic_ns())


def listen() -> None:
    """Answers each settings message by a status that repeats it, and leaves when OBS does."""
    for line in sys.stdin.buffer:
        message = protocol.decode(line)
        if message["type"] == "settings":
            told = {key: message[key] for key in ("showing", "removal", "privacy")}
            if message["options"]["slideshow_s"]:
                say("shown", background="10.png")  # what the slideshow has come to
            say("status", level="info", text=Text(f"{message['options']['background']} {told}"))
        else:
            say("status", level="warning", text=Text(f"command {message['name']}"))
    os._exit(0)


def main() -> None:
    mode, token = sys.argv[1], sys.argv[sys.argv.index("--ring") + 1]
    print(f"stderr of mode {mode}", file=sys.stderr, flush=True)
    if mode == "exits":
        sys.exit(3)
    if mode == "garbage":
        print("this is not a message", flush=True)
        time.sleep(60)
    if mode == "half":
        sys.stdout.write('{"type": "hel')
        sys.exit(0)
    if mode == "endless":
        while True:
            sys.stdout.write("x" * 65536)
    say("hello", version="0.0.1" if mode == "other-version" else __version__, pid=os.getpid())
    ring = Ring.open(token)
    if mode != "no-fallback":
        publish(ring, FALLBACK_BYTE, FALLBACK)
    if mode != "deaf":
        threading.Thread(target=listen, daemon=True).start()
    start = last_stats = time.monotonic()
    while True:
        now = time.monotonic()
        if mode == "hangs" and now - start > 0.3:
            time.sleep(600)
        if mode == "dies" and now - start > 0.3:
            os.abort()
        if not (mode == "no-frames" and now - start > 0.3):
            say("frame", sequence=publish(ring, FRAME_BYTE))
        if now - last_stats > 0.2:
            last_stats = now
            figures = {"fps": 30.0, "fps_in": 30.0, "work_ms": 7.0, "latency_ms": 12.0, "camera_fps": 30.0}
            say("stats", width=WIDTH, height=HEIGHT, camera="fake", camera_kind="device", **figures)
        time.sleep(0.03)


if __name__ == "__main__":
    main()
