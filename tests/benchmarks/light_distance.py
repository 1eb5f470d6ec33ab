"""How far the person's colours are from the background's, as the camera gave them and with `match_light`.

    python -m tests.benchmarks.light_distance DATA [--clips a,b] [--strength 1] [--strips FOLDER] [--cost]

DATA holds the development clips (`../shared/data`). Each clip runs for a second, then its frame is set before every
picture of the product. Printed: the mean over the clips of the distance (CIE 1976 delta E, of the mean colours in
L*a*b*, person against background) and of its parts, lightness and colour. --strips: for each clip a picture, one row a
background: as it was, at half strength, at full strength. --cost: instead, what it adds to the composite of a 720p
frame, with and without in turns.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from obs_bgremove.engine.backgrounds import layout
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.composite import composite
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.engine.light import NO_LIGHT, Light
from obs_bgremove.engine.matting.matte import Matte
from obs_bgremove.engine.matting.matting import Matting
from obs_bgremove.engine.person_cutout import close, networks
from obs_bgremove.shared import installation
from obs_bgremove.shared.options import Options
from tests.benchmarks import strips
from tests.benchmarks.frame_scores import U8

FRAMES = 30
CLIPS = "p_denim_portrait,p_glasses_shibuya,p_hands_shibuya,p_longhair_architecture,talking_head_architecture"


def _lab(pixels: U8) -> np.ndarray:
    """The mean of (n, 3) uint8 BGR in L*a*b*."""
    return np.asarray(cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_BGR2Lab)[0].mean(0))


def _distance(picture: U8, person: np.ndarray, behind: U8) -> np.ndarray:
    """(3,): the whole distance, that in lightness, that in colour."""
    apart = _lab(picture[person]) - _lab(behind.reshape(-1, 4)[::7, :3])
    return np.array([np.linalg.norm(apart), abs(apart[0]), np.linalg.norm(apart[1:])])


def _look_at(clip: Path) -> tuple[U8, Matte]:
    loaded = networks("general")
    matting, capture = Matting(*loaded), cv2.VideoCapture(str(clip))
    for number in range(FRAMES):
        ok, frame = capture.read()
        assert ok, clip
        matte = matting(np.asarray(frame, np.uint8), Options(), number * 33_333_333)
    close(loaded)
    return np.asarray(frame, np.uint8), matte


def cost(clip: Path, path: Path, times: int = 600) -> None:
    """Prints what the light adds, over a picture that stays and, as over a video, over one that is new each time."""
    frame, matte = _look_at(clip)
    height, width = frame.shape[:2]
    behind = cv2.cvtColor(layout.lay_out(read_picture(path), "cover", width, height), cv2.COLOR_BGR2BGRA)
    print(f"{clip.stem}: person {np.mean(matte.alpha_small >= 0.95):.0%} of the picture")
    for name in ("picture", "video"):
        taken: dict[bool, list[float]] = {False: [], True: []}
        light, canvases = Light(), {False: Canvas(width, height), True: Canvas(width, height)}
        for turn in range(2 * times):
            lit, shown = bool(turn % 2), behind if name == "picture" else behind.view()
            started = time.perf_counter()
            tables = light(frame, matte, shown, 1.0, turn * 16_666_667) if lit else NO_LIGHT
            composite(frame, matte, shown, Options(), canvases[lit], name == "picture", tables)
            taken[lit].append((time.perf_counter() - started) * 1e3)
        for share in (10, 50):
            off, on = (float(np.percentile(taken[lit], share)) for lit in (False, True))
            print(f"{name}: composite p{share} {off:.2f} ms, lit {on:.2f} (+{on - off:.2f})")


def measure(clip: Path, pictures: list[Path], strength: float) -> tuple[dict[str, np.ndarray], U8]:
    """Distances before and after, (2, 3) for each picture, and the strip."""
    options = Options(mirror=False)
    frame, matte = _look_at(clip)
    height, width = frame.shape[:2]
    person = cv2.resize(matte.alpha_small, (width, height)) >= 0.95
    distances, rows = {}, []
    for path in pictures:
        behind = cv2.cvtColor(layout.lay_out(read_picture(path), "cover", width, height), cv2.COLOR_BGR2BGRA)
        shown = []
        for part in (0.0, 0.5 * strength, strength):
            canvas = Canvas(width, height)
            light = Light()(frame, matte, behind, part, 0) if part else NO_LIGHT
            composite(frame, matte, behind, options, canvas, light=light)
            shown.append(canvas.pixels[..., :3])
        distances[path.stem] = np.array([_distance(picture, person, behind) for picture in (shown[0], shown[2])])
        rows.append(np.hstack([cv2.resize(picture, strips.TILE, interpolation=cv2.INTER_AREA) for picture in shown]))
    return distances, np.vstack(rows)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", default=CLIPS)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--strips", type=Path)
    parser.add_argument("--cost", action="store_true")
    wanted = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = sorted(installation.backgrounds_dir().glob("*.jpg"))
    if wanted.cost:
        for name in wanted.clips.split(","):
            cost(wanted.data / f"{name}.mp4", pictures[0])
        return
    all_distances = []
    for name in wanted.clips.split(","):
        distances, strip = measure(wanted.data / f"{name}.mp4", pictures, wanted.strength)
        all_distances.append(distances)
        if wanted.strips is not None:
            strips.save(wanted.strips, f"light_{name}", strip)
    print("| background | distance before | after | lightness | | colour | |\n|---|---|---|---|---|---|---|")
    for path in pictures:
        (d0, l0, c0), (d1, l1, c1) = np.mean([distances[path.stem] for distances in all_distances], axis=0)
        print(f"| {path.stem} | {d0:.1f} | {d1:.1f} | {l0:.1f} | {l1:.1f} | {c0:.1f} | {c1:.1f} |")


if __name__ == "__main__":
    installation.prepare_process()
    main()
