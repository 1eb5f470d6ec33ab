"""What the panel says about a running source: the line at the top, and the figures."""

import pytest

from obs_bgremove.obs.status import Line, Status
from obs_bgremove.shared.language import NOTHING, Text

FIGURES = {"type": "stats", "width": 1280, "height": 720, "camera": "Cam <1>", "camera_kind": "device"}
FIGURES |= {"fps": 24.8, "fps_in": 25.0, "work_ms": 14.2, "latency_ms": 33.0, "camera_fps": 30.0}


def test_the_offset_is_what_was_measured_and_the_frame_that_was_not() -> None:
    status = Status(stats=dict(FIGURES))
    text = "All is well: 1280×720, 25 frames a second. Sync Offset for your microphone: 73 ms."
    assert (status.line().level, str(status.line().text)) == ("info", text)
    assert "Sync Offset for your microphone: 73 ms, at least 33 ms" in status.figures()
    assert "40 ms (an estimate" in status.figures() and "33 ms (measured" in status.figures()


def test_the_figures_name_the_camera_and_both_rates() -> None:
    text = Status(stats=dict(FIGURES)).figures()
    assert "Camera: Cam &lt;1&gt;, 1280×720, promises 30 frames a second<br>" in text
    assert "25.0 in, 24.8 out; 14 ms of work" in text
    assert "does not say how many frames" in Status(stats={**FIGURES, "camera_fps": 0}).figures()


@pytest.mark.parametrize("kind", ["sample", "file", "stream"])
def test_what_is_no_camera_has_no_exposure_to_guess(kind: str) -> None:
    status = Status(stats={**FIGURES, "camera_kind": kind})
    assert "Sync Offset" not in str(status.line().text) + status.figures()


def test_the_last_problem_stays_to_be_read() -> None:
    status = Status(stats=dict(FIGURES))
    assert status.figures().endswith("Last problem: none")
    status.remember(Text("The camera was lost. Plug it in."))
    assert status.line().level == "info"
    assert status.figures().endswith("The camera was lost. Plug it in.")


def test_new_figures_are_no_reason_to_rebuild_a_panel_and_news_are() -> None:
    status = Status(stats=dict(FIGURES))
    before = status.kind()
    status.stats = {**FIGURES, "fps": 12.0, "latency_ms": 90.0, "fps_in": 13.0}
    assert status.kind() == before
    status.engine = Line("warning", Text("The camera gives no picture."))
    assert status.kind() != before
    status.engine = Line("info", NOTHING)
    status.stats = {**FIGURES, "width": 640}
    assert status.kind() != before
