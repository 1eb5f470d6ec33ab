"""The proof's own tests: made clips are the same every time and true, and the report sees what is planted."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import made_clips, made_scenes, made_set, matte_metrics, matte_report, mattes_under_test
from tests.benchmarks.clip_checks import NEVER, Checks
from tests.benchmarks.frame_scores import NAMES, U8, scores
from tests.benchmarks.made_people import CLIPS, person
from tests.benchmarks.made_rooms import HEIGHT, WIDTH
from tests.benchmarks.made_stage import Stage, composed, shots

OLD_ROOM, PERSON = (200, 40, 40), (60, 90, 170)
SHIRT = 250  # the shade of a person's lower half, so that a picture of them can be found again


def _disk(x: float, y: float, across: float, down: float, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> U8:
    """Alpha of an ellipse with a soft edge, (H, W) uint8."""
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    distance = np.hypot((u - x) / across, (v - y) / down)
    return np.rint(np.clip((1 - distance) * min(across, down) / 3 + 0.5, 0, 1) * 255).astype(np.uint8)


def _write(folder: Path, name: str, frames: list[U8], alphas: list[U8]) -> None:
    for suffix, codec, layout, images in (
        (".mp4", "libx264", "yuv420p", frames), ("_alpha.mkv", "ffv1", "gray", alphas),
    ):  # fmt: skip
        video = made_clips.Video(folder / f"{name}{suffix}", codec, layout, {})
        for image in images:
            video.write(image)
        video.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for the development clips: brown figures that sway before a blue room."""
    folder = tmp_path_factory.mktemp("data")
    for clip in CLIPS.values():
        middle = np.mean(clip.eyes or ((640, 400),), axis=0)
        alphas = [_disk(middle[0] + 3 * k, middle[1] + 100, 170, 300) for k in range(3)]
        frames = []
        for alpha in alphas:
            a = alpha[..., None].astype(np.float32) / 255
            frames.append(np.rint(a * np.array(PERSON) + (1 - a) * np.array(OLD_ROOM)).astype(np.uint8))
        _write(folder, clip.stem, frames, alphas)
    return folder


def _shots(name: str, data: Path, count: int) -> list[tuple[U8, U8, U8 | None]]:
    stage, rng = made_scenes.stage(name, data)
    stage.frames = count
    return list(shots(stage, rng))


def test_a_clip_is_the_same_each_time_and_another_clip_is_another(data: Path) -> None:
    once, again = (_shots("t_portrait_large", data, 2) for _ in range(2))
    for (frame, truth, _), (frame_again, truth_again, _) in zip(once, again):
        assert np.array_equal(frame, frame_again) and np.array_equal(truth, truth_again)
    held_out = _shots("h_portrait_large", data, 1)
    assert np.abs(once[0][0].astype(int) - held_out[0][0]).mean() > 5


def test_a_person_is_cut_out_without_the_colour_of_the_old_room(data: Path) -> None:
    cut = person(data, "dancer_body").frames[0].astype(np.float32)
    alpha = cut[..., 3]
    rim = (alpha > 60) & (alpha < 240)
    colour = cut[rim][:, :3] / alpha[rim][:, None] * 255
    assert rim.sum() > 300
    assert np.abs(colour.mean(0) - PERSON).max() < 14  # the old room would add up to 140 of blue


@pytest.mark.parametrize(
    "name", ["t_portrait_large", "h_portrait_large", "t_stand_up", "h_tv_face", "t_still_portrait"]
)
def test_truth_is_of_living_people_only(data: Path, name: str) -> None:
    stage, _ = made_scenes.stage(name, data)
    frame, truth, _ = _shots(name, data, 1)[0]
    x0, y0, x1, y1 = stage.facts["portraits"][0]
    middle = frame[(y0 + y1) // 2 - 20 : (y0 + y1) // 2 + 20, (x0 + x1) // 2 - 20 : (x0 + x1) // 2 + 20]
    assert middle[..., 2].mean() > middle[..., 0].mean() + 30  # somebody brown is shown there
    assert truth[y0:y1, (x0 + x1) // 2 :].max() == 0
    assert (truth > 250).sum() > 20_000  # and the living one is there


def test_somebody_who_enters_is_not_there_at_first_and_has_a_part_of_their_own(data: Path) -> None:
    first = _shots("t_enters", data, 1)[0]
    assert first[2] is not None and first[2].max() == 0 and first[1].max() == 255
    stage, _ = made_scenes.stage("t_enters", data)
    _, truth, part = composed(stage, stage.room, 100)
    assert part is not None
    assert (part > 0.98).sum() > 20_000 and (truth >= part).all()
    assert (truth > 0.98).sum() > (part > 0.98).sum() + 20_000


def test_sets_are_disjoint_and_only_the_dancer_is_in_both(data: Path) -> None:
    tuning, held_out = (made_scenes.names(which) for which in made_scenes.SETS)
    assert not set(tuning) & set(held_out)
    assert len(tuning) == len(held_out) and len(tuning) + len(held_out) >= 28
    assert len(set(tuning)) == len(tuning)
    stems = [{CLIPS[name].stem for name in cast} for cast in made_set.CASTS.values()]
    assert not stems[0] & stems[1]
    with pytest.raises(ValueError, match="does not belong"):
        made_set.Set(np.random.default_rng(0), data, held_out=False).who("glasses")


def test_a_clip_is_written_with_its_truth_and_facts_and_not_made_twice(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = made_scenes.KINDS["portrait_large"]

    def short(s: made_set.Set) -> Stage:
        """Three frames are enough here."""
        stage = whole(s)
        stage.frames = 3
        return stage

    monkeypatch.setitem(made_scenes.KINDS, "portrait_large", short)
    made_clips.make("t_portrait_large", data, tmp_path)
    read = list(matte_report.frames(tmp_path / "t_portrait_large.mp4"))
    wanted = _shots("t_portrait_large", data, 3)
    assert len(read) == 3
    for (frame, truth, part), (true_frame, true_alpha, _) in zip(read, wanted):
        assert part is None and np.array_equal(truth, true_alpha)
        assert np.abs(frame.astype(int) - true_frame).mean() < 4
    assert json.loads((tmp_path / "t_portrait_large.json").read_text())["portraits"]
    written = (tmp_path / "t_portrait_large.mp4").stat().st_mtime_ns
    made_clips.make("t_portrait_large", data, tmp_path)
    assert (tmp_path / "t_portrait_large.mp4").stat().st_mtime_ns == written


def test_the_quick_scores_are_those_of_the_slow_ones() -> None:
    shape = (240, 320)
    ours = [_disk(150 + 4 * k, 120, 60, 90, shape) for k in range(4)]
    true = [np.maximum(_disk(154 + 3 * k, 125, 55, 95, shape), _disk(20, 220, 30, 40, shape)) for k in range(4)]
    slow, rows, before = matte_metrics.Score(), [], None
    for p, t in zip(ours, true):
        slow.add(p, t)
        rows.append(scores(p, t, before))
        before = (p, t)
    means = dict(zip(NAMES, np.nanmean(np.array(rows), axis=0)))
    for name, value in slow.means().items():
        assert means[name.rstrip("+")] == pytest.approx(value, rel=1e-4), name


class _Planted:
    """Stands where a matte comes from: the truth, by frame, with `spoil` done to it."""

    def __init__(self, truths: list[U8], spoil: int) -> None:
        self._truths, self._spoil, self._count = truths, spoil, 0

    def __call__(self, frame: U8, timestamp_ns: int = 0) -> U8:
        matte = np.roll(self._truths[self._count], 2, axis=1)
        matte[:200, : self._spoil] = 255
        self._count += 1
        return matte

    def close(self) -> None:
        """Nothing to free."""


@pytest.mark.parametrize(("room_shown", "flags"), [(400, "gl"), (0, "")])
def test_the_report_flags_a_planted_bad_matte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room_shown: int, flags: str
) -> None:
    truths = [_disk(700 + k, 500, 160, 200) for k in range(6)]
    frames = [np.dstack([truth // 2 + 40] * 3) for truth in truths]
    _write(tmp_path, "clip", frames, truths)
    (tmp_path / "clip.json").write_text(json.dumps({"portraits": [(0, 0, 400, 200)]}))
    monkeypatch.setattr(matte_report, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(mattes_under_test, "Ours", lambda _: _Planted(truths, room_shown))
    monkeypatch.setattr(mattes_under_test, "Tutorial", lambda _: _Planted(truths, 40))
    row = matte_report.measure(tmp_path / "clip.mp4", [], 2, tmp_path / "strips")
    assert row["worse"] == flags
    assert ("WORSE:gl" in matte_report.line(row)) == bool(flags)
    assert row["checks"]["portraits shown at most before %"] == pytest.approx(100 if room_shown else 0)
    assert sorted(p.name for p in (tmp_path / "strips").iterdir()) == ["clip_median.png", "clip_worst.png"]
    assert len(list((tmp_path / "cache").iterdir())) == 2  # the tutorial is not run again for the same clip


def test_somebody_who_enters_is_found_when_the_matte_holds_them() -> None:
    for late, wanted in ((6, 0.2), (1000, NEVER)):
        checks = Checks({"enters": True})
        for number in range(40):
            part = _disk(200, 150, 60, 80, (240, 320)) if number >= 10 else np.zeros((240, 320), np.uint8)
            checks.add(part if number >= 10 + late else np.zeros_like(part), part, part)
        assert checks.figures()["found after s"] == pytest.approx(wanted)


def test_room_that_stays_after_somebody_left_is_timed() -> None:
    for until, wanted in ((15, 0.5), (1000, NEVER), (0, 0.0)):
        checks = Checks({"leaves": True})
        someone, nobody = _disk(160, 120, 60, 80, (240, 320)), np.zeros((240, 320), np.uint8)
        for number in range(60):
            truth = someone if number < 20 else nobody
            checks.add(someone if number < 20 + until else nobody, truth, None)
        assert checks.figures()["room gone after s"] == pytest.approx(wanted)


def test_somebody_who_sits_still_and_is_lost_shows_in_the_last_second() -> None:
    checks = Checks({"still": True})
    someone = _disk(160, 120, 60, 80, (240, 320))
    for number in range(90):
        checks.add(someone if number < 60 else np.zeros_like(someone), someone, None)
    figures = checks.figures()
    assert (figures["IoU first s"], figures["IoU last s"]) == (100, 0)


def test_another_checkout_is_scored_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "obs_bgremove").mkdir()
    (tmp_path / "obs_bgremove" / "__init__.py").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("")
    program = (
        "import sys; from pathlib import Path; from tests.benchmarks import mattes_under_test as m; "
        "m.use(Path(sys.argv[1])); print(m.where()); import tests.benchmarks.matte_report"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "obs_bgremove"
