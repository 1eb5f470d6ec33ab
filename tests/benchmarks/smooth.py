"""Does OBS stay smooth with us in the scene? A picture, OBS's own media source, then ours, in one real OBS.

    python -m tests.benchmarks.smooth VIDEO [--seconds 65]

Prints for each the frames OBS rendered and skipped, its average render time and CPU, how late the tick of somebody
else's Python script came at worst, and for ours what the engine's log says it delivered.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from obs_bgremove.shared import installation
from tests.benchmarks.engine_cost import cpu_s
from tests.real_obs.conftest import make_home
from tests.real_obs.driver import SCRIPT, Display, Obs
from tests.waiting import wait_for


def _measure(obs: Obs, seconds: float) -> dict[str, Any]:
    assert obs.process is not None
    before, cpu, started = obs.request("GetStats"), cpu_s(obs.process.pid), time.monotonic()
    render_ms = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        render_ms.append(obs.request("GetStats")["averageFrameRenderTime"])
    after = obs.request("GetStats")
    return {
        "rendered": after["renderTotalFrames"] - before["renderTotalFrames"],
        "skipped": after["renderSkippedFrames"] - before["renderSkippedFrames"],
        "render_ms": round(sum(render_ms) / len(render_ms), 2),
        "obs_cpu": round((cpu_s(obs.process.pid) - cpu) / seconds, 2),
        "between": (started, time.monotonic()),
    }


def _ticks(path: Path, figures: dict[str, Any]) -> None:
    """Adds how far apart the ticks of the other script were, in ms: p50, p99 and the most."""
    start, end = figures.pop("between")
    times = [moment for moment in map(float, path.read_text().split()) if start <= moment <= end]
    gaps = sorted((after - before) * 1e3 for before, after in zip(times, times[1:]))
    figures["ticks_ms"] = [round(gaps[int(share * (len(gaps) - 1))], 1) for share in (0.5, 0.99, 1.0)]


def run(video: Path, seconds: float) -> dict[str, Any]:
    """The figures of both, and what is wrong after the end (nothing, one hopes)."""
    with tempfile.TemporaryDirectory() as folder:
        display = Display(Path(folder))
        scripts = [SCRIPT, Path(__file__).with_name("ticking_script.py")]
        obs, ticks = Obs(Path(folder) / "obs", display, make_home(Path(folder)), scripts), Path(folder) / "ticks"
        try:
            obs.start(TICKS=str(ticks))
            picture = next(installation.backgrounds_dir().glob("*.jpg"))
            scene = {"sceneName": "Scene", "inputName": "Picture"}
            obs.request("CreateInput", **scene, inputKind="image_source", inputSettings={"file": str(picture)})
            time.sleep(3)
            plain = _measure(obs, seconds)
            obs.remove("Picture")
            media = {"local_file": str(video), "looping": True}
            scene["inputName"] = "Media"
            obs.request("CreateInput", **scene, inputKind="ffmpeg_source", inputSettings=media)
            time.sleep(5)
            playing = _measure(obs, seconds)
            obs.remove("Media")
            obs.add(camera=str(video))
            wait_for(lambda: obs.glimpse() is not None, 30, "our source shows a picture")
            time.sleep(5)
            ours = _measure(obs, seconds)
            log = (obs.home / "logs/Me.log").read_text()
            ours["engine"] = [line.partition("MainThread ")[2] for line in log.splitlines() if " fps, " in line]
            ours["lines_in_log"] = len(obs.our_lines())
            obs.stop()
            complaints = obs.complaints()
            for figures in (plain, playing, ours):
                _ticks(ticks, figures)
        finally:
            if obs.process is not None:
                obs.kill()
            display.close()
    return {"image_source": plain, "media_source": playing, "ai_background": ours, "complaints": complaints}


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--seconds", type=float, default=65)
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.video.resolve(), arguments.seconds), indent=1))


if __name__ == "__main__":
    main()
