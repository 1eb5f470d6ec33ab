"""Messages between the processes: what is sent arrives, and anything else is refused without harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.shared import protocol
from obs_bgremove.shared.language import Text
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState, ProtocolError, decode, encode

MESSAGES = [
    ("settings", {"options": Options().to_dict(), "showing": True, "removal": False, "privacy": True}),
    ("command", {"name": "learn"}),
    ("hello", {"version": "1.0", "pid": 7}),
    ("frame", {"sequence": 9}),
    ("status", {"level": "warning", "text": Text("Line\n{of} {fps:.1f}", of=Text("<b> ☂ {n}", n=2), fps=29.97)}),
    (
        "stats",
        {
            "width": 1280,
            "height": 720,
            "fps": 29.9,
            "fps_in": 30,
            "work_ms": 7.5,
            "latency_ms": 12,
            "camera": "x",
            "camera_kind": "device",
            "camera_fps": 0,
        },
    ),
]


@pytest.mark.parametrize(("kind", "fields"), MESSAGES)
def test_a_message_is_one_line_and_comes_back_equal(kind: str, fields: dict[str, object]) -> None:
    line = encode(kind, **fields)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert decode(line) == {"type": kind, **fields}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"half a li",
        b'{"type":"frame","sequ',
        b"[]",
        b'"frame"',
        b'{"type":"unheard"}',
        b'{"type":["frame"]}',
        b'{"type":"frame"}',
        b'{"type":"frame","sequence":"9"}',
        b'{"type":"frame","sequence":true}',
        b'{"type":"settings","options":[],"showing":true,"removal":true,"privacy":false}',
        b'{"type":"command","name":"dance"}',
        b'{"type":"status","level":"loud","text":{"english":"","values":{}}}',
        b'{"type":"status","level":"info","text":"bare"}',
        b'{"type":"status","level":"info","text":{"english":"no values"}}',
        b'{"type":"status","level":"info","text":{"english":"{x}","values":{"x":[1]}}}',
        b'{"type":"status","level":"info","text":{"english":"{x}","values":{"x":{"english":3}}}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"x" * (protocol.MAX_LINE_BYTES + 1),
    ],
)
def test_a_line_that_is_not_a_message_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(line: bytes) -> None:
    try:
        message = decode(line)
    except ProtocolError:
        return
    assert message["type"] in dict(MESSAGES)


def test_not_a_number_is_never_sent() -> None:
    with pytest.raises(ValueError):
        encode("stats", fps=float("nan"))


def test_a_desired_state_comes_back_equal() -> None:
    wanted = DesiredState(Options(camera="sample", blur=7, mirror=False), showing=False, removal=False, privacy=True)
    assert DesiredState.decode(decode(wanted.encode())) == wanted


@pytest.mark.parametrize("change", [{"blur": 101}, {"blur": "much"}, {"unheard": 1}, {"blur": None}], ids=str)
def test_a_desired_state_with_an_odd_option_is_refused(change: dict[str, object]) -> None:
    options = {**Options().to_dict(), **change}
    with pytest.raises(ProtocolError, match="|".join(change)):
        DesiredState.decode(decode(encode("settings", options=options, showing=True, removal=True, privacy=False)))


def test_a_desired_state_that_lacks_an_option_is_refused() -> None:
    options = Options().to_dict()
    del options["blur"]
    with pytest.raises(ProtocolError, match="blur"):
        DesiredState.decode(decode(encode("settings", options=options, showing=True, removal=True, privacy=False)))
