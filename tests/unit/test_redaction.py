"""No part of a secret survives wherever an address is logged, shown or copied."""

import json
import logging
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from obs_bgremove.obs import log
from obs_bgremove.obs.status import Line, Status
from obs_bgremove.shared import options, protocol
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text
from obs_bgremove.shared.redaction import redact, redact_setting

# Secrets are words that occur nowhere else, with anything a password may hold between them.
_WORD = st.sampled_from(["QXZ", "7VKJ", "zqwJ", "Q8Q8"])
_BETWEEN = st.text(alphabet="@/:?#%&=+!$'\"()[]{}<>,;~^|\\.-_ \t", max_size=4).filter(lambda text: "//" not in text)
SECRET = st.builds(lambda first, between, last: first + between + last, _WORD, _BETWEEN, _WORD)
WITHOUT_SPACES = SECRET.map(lambda text: re.sub(r"\s", "", text))
SCHEME = st.sampled_from(["rtsp", "RTSP", "http", "https", "rtmp+tls", "srt"])
HOST = st.sampled_from(["cam.lan", "192.168.1.7", "[fe80::1]", "[2001:db8::7]:554", "host:8554", "localhost"])
TEXT = st.sampled_from(["", "The camera ", "could not open '", "(", "a\tb ", 'got "'])


@st.composite
def addresses(draw: Any) -> str:
    """An address with a secret in one or more of its places."""
    login = draw(st.one_of(SECRET.map(lambda secret: f"user:{secret}@"), SECRET.map(lambda secret: f"{secret}@")))
    path = draw(st.one_of(st.just(""), st.just("/"), WITHOUT_SPACES.map(lambda secret: f"/{secret}")))
    query = draw(st.one_of(st.just(""), WITHOUT_SPACES.map(lambda secret: f"?token={secret}")))
    fragment = draw(st.one_of(st.just(""), WITHOUT_SPACES.map(lambda secret: f"#{secret}")))
    login = draw(st.sampled_from([login, ""])) if path or query or fragment else login
    return f"{draw(SCHEME)}://{login}{draw(HOST)}{path}{query}{fragment}"


def secret_parts(text: str) -> list[str]:
    return [word for word in ("QXZ", "7VKJ", "zqwJ", "Q8Q8") if word in text]


@settings(max_examples=600, deadline=None)
@given(before=TEXT, address=addresses(), after=st.sampled_from(["", " is not there.", "' again", ", see QA@home"]))
@example("", "rtsp://user:QXZ@7VKJ@host/live", "")
@example("", "rtsp://user:QXZ/7VKJ@host/live", "")
@example("", "rtsp://host/user=admin_password=QXZ.sdp?x=7VKJ@zqwJ", "")
def test_no_part_of_a_secret_survives_in_a_text(before: str, address: str, after: str) -> None:
    assert secret_parts(redact(before + address + after)) == []
    assert secret_parts(redact_setting(address)) == []


@settings(max_examples=200, deadline=None)
@given(several=st.lists(addresses(), min_size=2, max_size=4), between=st.sampled_from([" ", " and ", "\n", "', '"]))
def test_no_part_of_a_secret_survives_in_a_text_with_several_addresses(several: list[str], between: str) -> None:
    assert secret_parts(redact(between.join(several))) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://user:p@ss@h/live", "rtsp://h/…"),
        ("rtsp://user:p%40ss@cam.lan:554", "rtsp://cam.lan"),
        ("rtsp://user:pa/ss@h/live", "rtsp://…"),
        ("rtsp://user:pa?s#s@h", "rtsp://…"),
        ("rtsp://admin:1234", "rtsp://admin"),  # half typed: it may still become a password
        ("rtsp://admin:secr", "rtsp://…"),
        ("http://[fe80::1]:80/a?token=x", "http://[fe80::1]/…"),
        ("http://cam.lan?token=x", "http://cam.lan/…"),
        ("http://cam.lan#x", "http://cam.lan/…"),
        ("http://cam.lan/", "http://cam.lan"),
        ("The stream rtsp://a:b@one/x, then 'rtsp://c:d@two'.", "The stream rtsp://one/… then 'rtsp://two"),
        ("rtsp%3A%2F%2Fuser%3Apw%40host", "rtsp://…"),
        (r"rtsp:\/\/user:pw@host\/x", "rtsp://host/…"),
        ("user:pw@host/x failed", "… failed"),
        ("rtspsrc password=hunter2 ! x", "rtspsrc password=… ! x"),
        ("The camera sample is not there.", "The camera sample is not there."),
        (r"C:\Users\me\clip.mp4", r"C:\Users\me\clip.mp4"),
        ("/home/me@work/clip: 1.mp4", "/home/me@work/clip: 1.mp4"),
        ("12:30 write to me@home", "12:30 write to me@home"),
    ],
)
def test_host_and_the_fact_of_a_path_stay_when_they_are_certain(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_long_text_takes_no_long_time() -> None:
    started = time.monotonic()
    for text in (
        "x" * 300_000,
        "a:" * 100_000,
        "rtsp://" * 40_000,
        "@:" * 100_000,
        "a://b " * 30_000,
        "x:y@ " * 50_000,
    ):
        redact(text)
    assert time.monotonic() - started < 5


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=addresses())
def test_no_part_of_a_secret_reaches_log_status_or_details(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    with caplog.at_level(logging.INFO):
        log.write("warning", f"Me: The stream {address} cannot be opened.")
    figures = dict.fromkeys(("width", "height", "fps", "fps_in", "work_ms", "latency_ms", "camera_fps"), 1.0)
    status = Status(stats={"type": "stats", "camera": address, "camera_kind": "stream", **figures})
    chosen, problems = options.parse({"camera": address, "fps": address, "color": [address], "view": {address: 1}})
    status.settings_problems = tuple(problems)
    status.remember(Text("The stream {address} was lost.", address=address))
    shown = [status.line().rich_text, status.figures()]
    shown.append(status.details(f"Source {address}", "29", {**chosen.to_dict(), "camera_stream": address}, "3.11"))
    status.engine = Line("error", Text("The camera {address} was lost.", address=address))
    shown.append(status.line().rich_text)
    status.problem = UserError(Text("No {address}", address=address), Text("Mend {address}.", address=address))
    shown += [status.line().rich_text, *map(str, problems), caplog.text]
    assert secret_parts("\n".join(shown)) == []


@settings(max_examples=100, deadline=None)
@given(address=addresses(), filler=st.integers(0, 90))
def test_a_message_cut_short_shows_no_part_of_a_secret(address: str, filler: int) -> None:
    for line in (
        "x" * filler + " " + address,
        json.dumps({"type": "stats", "width": address}),
    ):
        with pytest.raises(protocol.ProtocolError) as caught:
            protocol.decode(line.encode())
        assert secret_parts(str(caught.value)) == []
