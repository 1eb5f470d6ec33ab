"""The proof of the matte: every clip with true alpha through the product, beside the tutorial's plain mask.

    python -m tests.benchmarks.matte_report DATA MADE [--sets tuning,shared] [--clips a,b] [--set KEY=VALUE]
        [--package ROOT] [--json FILE] [--strips FOLDER] [--procs 2] [--skip 20]

DATA: the development clips (`../shared/data`, the set `shared`); MADE: what made_clips made (`tuning`, `held_out`).
The held-out set is scored only when it is named: whoever tunes does not look at it. --package scores another checkout's
code with this report, so that two versions can be compared. The tutorial's scores are kept in the system's temporary
folder by the clip's contents, as they never change. Times are those of clip_checks.py.
A clip is flagged where ours is worse in MAD or BF than the tutorial with the general (g) or the landscape model (l).
"""

import argparse
import hashlib
import json
import multiprocessing
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.benchmarks import mattes_under_test, strips
from tests.benchmarks.clip_checks import Checks
from tests.benchmarks.frame_scores import NAMES, U8, scores

SHARED_FACTS = {"p_denim_portrait": {"portraits": [(890, 50, 1280, 370)]}}
CACHE = Path(tempfile.gettempdir()) / "ai-background-tutorial-scores"
CACHE_VERSION = 1  # raise it when scores() or the tutorial's loop changes


def frames(clip: Path) -> Iterator[tuple[U8, U8, U8 | None]]:
    """(frame (H, W, 3), truth (H, W), part (H, W) or None) of a clip, decoded as `render` does."""
    part = clip.with_name(f"{clip.stem}_part.mkv")
    sources = [_decoded(clip, "bgr24"), _decoded(clip.with_name(f"{clip.stem}_alpha.mkv"), "gray")]
    if part.exists():
        sources.append(_decoded(part, "gray"))
    for images in zip(*sources):
        yield images[0], images[1], images[2] if len(images) > 2 else None


def _decoded(path: Path, layout: str) -> Iterator[U8]:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format=layout)


class _Scored:
    """A contestant's rows of scores, frame by frame."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []
        self._before: tuple[U8, U8] | None = None

    def add(self, matte: U8, truth: U8) -> None:
        self.rows.append(scores(matte, truth, self._before))
        self._before = (matte, truth)

    def means(self, skip: int) -> dict[str, float]:
        return dict(zip(NAMES, np.nanmean(np.array(self.rows)[skip:], axis=0).tolist()))


def measure(clip: Path, settings: list[str], skip: int, strips_folder: Path | None) -> dict[str, Any]:
    """Everything the report says about one clip."""
    facts_file = clip.with_suffix(".json")
    facts = json.loads(facts_file.read_text()) if facts_file.exists() else {}
    checks = Checks({**facts, **SHARED_FACTS.get(clip.stem, {})})
    cached = {model: _cached(clip, model, skip) for model in mattes_under_test.MODELS}
    ours, scored = mattes_under_test.Ours(settings), _Scored()
    rivals = {
        model: (mattes_under_test.Tutorial(model), _Scored()) for model, path in cached.items() if not path.exists()
    }
    kept: list[bytes] = []
    try:
        for number, (frame, truth, part) in enumerate(frames(clip)):
            matte = ours(frame, number * 1_000_000_000 // 30)
            scored.add(matte, truth)
            checks.add(matte, truth, part)
            kept.append(zlib.compress(matte.tobytes(), 1) if strips_folder is not None else b"")
            for network, rival in rivals.values():
                rival.add(network(frame), truth)
    finally:
        for closes in (ours, *(network for network, _ in rivals.values())):
            closes.close()
    for model, (_, rival) in rivals.items():
        CACHE.mkdir(parents=True, exist_ok=True)
        cached[model].write_text(json.dumps(rival.means(skip)))
    tutorial = {model: json.loads(path.read_text()) for model, path in cached.items()}
    means = scored.means(skip)
    by_mad = np.argsort([row[0] for row in scored.rows[skip:]], kind="stable")
    worst, median = (int(by_mad[i]) + skip for i in (-1, len(by_mad) // 2))
    if strips_folder is not None:
        _save_strips(clip, {"worst": worst, "median": median}, kept, scored.rows, strips_folder)
    return {
        "clip": clip.stem,
        "ours": means,
        "tutorial": tutorial,
        "worse": "".join(m[0] for m in mattes_under_test.MODELS if is_worse(means, tutorial[m])),
        "worst_frame": worst,
        "worst_MAD": scored.rows[worst][0],
        "checks": checks.figures(),
    }


def is_worse(ours: dict[str, float], tutorial: dict[str, float]) -> bool:
    """Whether ours loses to the tutorial in MAD or BF."""
    return ours["MAD"] > tutorial["MAD"] or ours["BF"] < tutorial["BF"]


def _cached(clip: Path, model: str, skip: int) -> Path:
    """Where the tutorial's means of this clip are kept, by the clip's contents."""
    digest = hashlib.sha256(clip.read_bytes())
    digest.update(clip.with_name(f"{clip.stem}_alpha.mkv").read_bytes())
    return CACHE / f"{CACHE_VERSION}-{digest.hexdigest()[:24]}-{model}-{skip}.json"


def _save_strips(clip: Path, wanted: dict[str, int], kept: list[bytes], rows: list[list[float]], folder: Path) -> None:
    network = mattes_under_test.Tutorial(mattes_under_test.MODELS[0])
    try:
        for number, (frame, truth, _) in enumerate(frames(clip)):
            if number > max(wanted.values()):
                break
            for name, at in wanted.items():
                if number == at:
                    ours = np.frombuffer(zlib.decompress(kept[number]), np.uint8).reshape(truth.shape)
                    title = f"{clip.stem}, {name} frame {number}, MAD {rows[number][0]:.1f}"
                    strips.save(folder, f"{clip.stem}_{name}", strips.strip(frame, truth, network(frame), ours, title))
    finally:
        network.close()


def _job(work: tuple[Path, list[str], int, Path | None, Path | None]) -> dict[str, Any]:
    clip, settings, skip, strips_folder, package = work
    if multiprocessing.parent_process() is not None:
        cv2.setNumThreads(1)
        mattes_under_test.use(package)
    return measure(clip, settings, skip, strips_folder)


def line(row: dict[str, Any]) -> str:
    """One clip, or a mean, as text."""
    figures = "  ".join(f"{row['ours'][n]:6.2f}" for n in NAMES)
    plain = "  ".join(
        f"{row['tutorial'][m]['MAD']:6.1f} {row['tutorial'][m]['BF']:5.1f}" for m in ("general", "landscape")
    )
    flag = f"WORSE:{row['worse']}" if row["worse"] else ""
    worst = f"{row['worst_frame']:4d} ({row['worst_MAD']:.0f})" if "worst_frame" in row else ""
    checks = "; ".join(f"{name} {value:.1f}" for name, value in row.get("checks", {}).items())
    return f"{row['clip']:28s} {figures}  | {plain} | {worst:11s} {flag:9s} {checks}".rstrip()


def summary(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The mean row and the worst row (by measure) of these clips, in the shape of a clip's."""

    def over(pick: Any, how: str) -> dict[str, float]:
        worst = {n: (np.min if n in ("IoU", "BF") else np.max) for n in NAMES}
        return {n: float((np.mean if how == "mean" else worst[n])([pick(r)[n] for r in rows])) for n in NAMES}

    return [
        {"clip": f"{name}: {how} of {len(rows)}", "ours": over(lambda r: r["ours"], how), "worse": "",
         "tutorial": {m: over(lambda r, m=m: r["tutorial"][m], how) for m in mattes_under_test.MODELS}}
        for how in ("mean", "worst")
    ]  # fmt: skip


def main(arguments: list[str]) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="matte_report", description="Scores the matte on clips with true alpha.")
    parser.add_argument("data", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--sets", default="tuning,shared")
    parser.add_argument("--clips", default="", help="names, or parts of names, by commas")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the product")
    parser.add_argument("--package", type=Path, help="the root of another checkout, whose code is scored")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--strips", type=Path, help="a folder for pictures of worst and median frames")
    parser.add_argument("--procs", type=int, default=1)
    parser.add_argument("--skip", type=int, default=20, help="warm-up frames that do not count in the means")
    wanted = parser.parse_args(arguments)
    mattes_under_test.use(wanted.package)
    print(f"scored: {mattes_under_test.where()}")
    parts = [part for part in wanted.clips.split(",") if part]
    results: dict[str, list[dict[str, Any]]] = {}
    print(
        f"{'':28s} "
        + "  ".join(f"{n:>6s}" for n in NAMES)
        + "  | tutorial general, landscape: MAD BF | worst frame (MAD)"
    )
    for which in wanted.sets.split(","):
        folder = wanted.data if which == "shared" else wanted.made / which
        clips = [c for c in sorted(folder.glob("*.mp4")) if c.with_name(f"{c.stem}_alpha.mkv").exists()]
        clips = [c for c in clips if not parts or any(part in c.stem for part in parts)]
        work = [(clip, wanted.set, wanted.skip, wanted.strips, wanted.package) for clip in clips]
        results[which] = _run(work, wanted.procs)
        if results[which]:
            _print_summary(results[which], which)
    everything = [row for rows in results.values() for row in rows]
    if not everything:
        raise SystemExit(f"No clips NAME.mp4 with NAME_alpha.mkv for the sets {wanted.sets}.")
    if len(results) > 1:
        _print_summary(everything, "all")
    if wanted.json:
        wanted.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def _run(work: list[Any], procs: int) -> list[dict[str, Any]]:
    rows = []
    if procs > 1 and len(work) > 1:
        with multiprocessing.get_context("spawn").Pool(procs) as pool:
            for row in pool.imap(_job, work):
                print(line(row), flush=True)
                rows.append(row)
        return rows
    for job in work:
        rows.append(_job(job))
        print(line(rows[-1]), flush=True)
    return rows


def _print_summary(rows: list[dict[str, Any]], name: str) -> None:
    for row in summary(rows, name):
        print(line(row))
    losers = [f"{row['clip']} ({row['worse']})" for row in rows if row["worse"]]
    print(
        f"{name}: worse than the tutorial on {len(losers)} of {len(rows)}: {', '.join(losers) or 'none'}\n", flush=True
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
