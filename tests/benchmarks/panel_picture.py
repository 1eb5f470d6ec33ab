"""Takes a picture of the properties window: `python -m tests.benchmarks.panel_picture OUT.png [KEY=VALUE …]`.

`--language de-DE` shows OBS and us in another language (Chinese and Japanese need a font: Debian's fonts-noto-cjk).

`advanced=yes` shows the advanced settings as well; without it the window is as high as the rest needs.
"""

import argparse
import re
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from obs_bgremove.shared import options
from tests.real_obs.conftest import make_home
from tests.real_obs.driver import START_S, Display, Obs
from tests.waiting import wait_for

WIDTH = 720  # what OBS opens it with
HEIGHT, HEIGHT_OF_ALL = 1080, 2900
TOP = 360  # where the rows begin


def _shrink_preview(display: Display, height: int, folder: Path) -> None:
    """Drags the splitter between preview and rows up, so that all rows are in the picture. It is a few pixels high and
    stands near the window's middle; elsewhere there a drag does nothing."""
    middle = round(0.4825 * height - 20.5)
    for start in (middle + offset for way in range(12) for offset in (way, -way)):
        display.xdotool("mousemove", WIDTH // 2, start, "mousedown", 1)
        for y in (start - 40, TOP + 120, TOP + 40, TOP):
            display.xdotool("mousemove", WIDTH // 2, y)
            time.sleep(0.2)
        display.xdotool("mouseup", 1)
        time.sleep(2)
        display.screenshot(now := folder / "now.png")
        picture = np.asarray(Image.open(now).convert("RGB"), np.int16)
        # Below the splitter, above the first row: what the window's margin is made of, not the preview's darker one.
        if (np.abs(picture[TOP + 6 : TOP + 16, 20:140] - picture[TOP + 10, 3]) <= 2).all():
            return
    raise SystemExit("the splitter between preview and rows was not found")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.panel_picture")
    parser.add_argument("out", type=Path)
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--language", default="en-US")
    arguments = parser.parse_intermixed_args()
    out, settings, height = arguments.out, {"camera": "sample"}, HEIGHT
    for assignment in arguments.settings:
        key, _, text = assignment.partition("=")
        if key == "advanced":
            settings["advanced"], height = True, HEIGHT_OF_ALL  # type: ignore[assignment]
            continue
        settings[key] = options.BY_KEY[key].parse_text(text)  # type: ignore[assignment]
    folder = Path(tempfile.mkdtemp())
    display = Display(folder, f"1600x{height + 10}")
    obs = Obs(folder, display, make_home(folder), language=arguments.language).start()
    try:
        obs.add(**settings)
        wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the person")
        obs.open_panel(width=WIDTH, height=height, title=_title(arguments.language))
        time.sleep(8)
        _shrink_preview(display, height, folder)
        obs.display.screenshot(out)
        subprocess.run(["convert", str(out), "-crop", f"{WIDTH}x{height}+0+0", "+repage", str(out)], check=True)
        print(f"{out}: the properties window")
    finally:
        obs.stop()
        display.close()


def _title(language: str) -> str:
    """How OBS begins or ends the title of the window in this language, as a pattern."""
    text = Path(f"/usr/share/obs/obs-studio/locale/{language}.ini").read_text(encoding="utf-8")
    found = re.search('^Basic.PropertiesWindow="(.*)"$', text, re.MULTILINE)
    assert found is not None
    return max(found[1].split("%1"), key=len).strip()


if __name__ == "__main__":
    main()
