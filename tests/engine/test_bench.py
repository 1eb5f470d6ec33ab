"""`bench` measures what it says, in the promised form. How fast it is, is the benchmark's business, not a test's."""

import json
from pathlib import Path

import pytest

from obs_bgremove.cli import main
from obs_bgremove.tools import bench


@pytest.mark.usefixtures("assets")
def test_bench_prints_the_promised_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "WARM_UP_FRAMES", 2)
    monkeypatch.setattr(bench, "DISTINCT_FRAMES", 4)
    assert main(["bench", "--json", "--frames", "6"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert set(results) == {"720p", "1080p"}
    for result in results.values():
        for name in ("ours_ms", "tutorial_ms", "floor_ms"):
            assert 0 < result[name]["p50"] <= result[name]["p95"]
        assert {"segment", "composite"} <= set(result["stages_ms"])
        assert result["floor_ms"]["p50"] < result["tutorial_ms"]["p50"]
    assert "× the tutorial's loop" in bench.as_text(results)


def test_a_wrong_call_is_said_plainly(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bench", "--frames", "0"]) == 1
    assert "expected 1 or more" in capsys.readouterr().err
    assert main(["bench", "--input", str(tmp_path / "none.mp4"), "--frames", "1"]) == 1
    assert "is not a video that can be played" in capsys.readouterr().err
