"""The pipeline with the real network: modes, views, switches; and above all that it fails closed.

In the fail-closed tests the camera shows a colour that exists nowhere else. It may leave only where a matte of that
very frame allows it.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine import person_cutout as cutout_module
from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.colours import GREEN_BGR, ROOM_BGR


def _allocate(width: int, height: int) -> Canvas:
    canvas = Canvas(width, height)
    canvas.claim()[:] = (*ROOM_BGR, 255)  # whatever the pipeline leaves unwritten counts as a leak
    return canvas


@pytest.fixture
def pipeline(assets: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(Backgrounds(wait=True), wait=True)
    yield pipeline
    pipeline.close()


@pytest.fixture(scope="module")
def portrait(assets: Path) -> Image:
    """The sample, 640x360: the face is in the middle, the upper corners are room."""
    return SampleSource((640, 360)).at(0.0).copy()


def _options(**changes: object) -> Options:
    return dataclasses.replace(Options(), background_mode="color", mirror=False, **changes)


def _run(pipeline: Pipeline, frame: Image, options: Options, count: int = 3, **switches: bool) -> Image:
    for number in range(count):
        out = pipeline.process(frame, DesiredState(options, **switches), (number + 1) * 33_000_000, _allocate).pixels
    return out[..., :3] if (out[..., 3] == 255).all() else out


def test_the_person_stays_and_the_room_becomes_the_background(pipeline: Pipeline, portrait: Image) -> None:
    out = _run(pipeline, portrait, _options())
    assert pipeline.problem is None
    assert np.abs(out[3, 3].astype(int) - GREEN_BGR).max() <= 2
    assert np.abs(out[150:200, 300:340].astype(int) - portrait[150:200, 300:340]).mean() < 2


def test_a_transparent_background_has_straight_alpha(pipeline: Pipeline, portrait: Image) -> None:
    out = _run(pipeline, portrait, dataclasses.replace(_options(), background_mode="transparent"))
    assert out.shape == (360, 640, 4)
    assert out[3, 3, 3] == 0 and out[180, 320, 3] == 255


def test_a_picture_and_the_blurred_room_stand_behind_the_person(
    pipeline: Pipeline, portrait: Image, pictures: Path
) -> None:
    out = _run(
        pipeline, portrait, dataclasses.replace(_options(), background_mode="file", backgrounds_folder=str(pictures))
    )
    assert np.abs(out[3, 3].astype(int) - (0, 0, 255)).max() <= 2
    blurred = _run(pipeline, portrait, dataclasses.replace(_options(), background_mode="blur", blur=80))
    corner = (slice(100, 240), slice(0, 80))  # the flag's edge
    assert cv2.Laplacian(blurred[corner], cv2.CV_64F).std() < 0.5 * cv2.Laplacian(portrait[corner], cv2.CV_64F).std()


def test_the_mask_is_grey_white_on_the_person(pipeline: Pipeline, portrait: Image) -> None:
    out = _run(pipeline, portrait, _options(view="mask"))
    assert np.array_equal(out[..., 0], out[..., 1]) and np.array_equal(out[..., 1], out[..., 2])
    assert out[3, 3, 0] == 0 and out[180, 320, 0] == 255


def test_the_camera_is_shown_only_where_the_user_chose_it(pipeline: Pipeline, portrait: Image) -> None:
    for options, switches in (
        (_options(view="camera"), {}),
        (dataclasses.replace(_options(), background_mode="off"), {}),
        (_options(), {"removal": False}),
    ):
        assert np.array_equal(_run(pipeline, portrait, options, **switches), portrait)


@pytest.mark.parametrize(
    "changes",
    [{"view": "camera"}, {"view": "mask"}, {"background_mode": "blur"}, {"background_mode": "transparent"}, {}],
    ids=str,
)
def test_mirrored_is_what_the_same_frames_give_turned(
    pipeline: Pipeline, portrait: Image, changes: dict[str, object]
) -> None:
    pictures = []
    for mirror in (False, True):
        pipeline.reset()
        pictures.append(_run(pipeline, portrait, dataclasses.replace(_options(), mirror=mirror, **changes)))
    assert np.abs(pictures[1][:, ::-1].astype(int) - pictures[0]).max() <= 1


@pytest.mark.parametrize("view", ["output", "mask", "camera"])
@pytest.mark.parametrize("mode", ["file", "blur", "color", "transparent", "off"])
def test_privacy_shows_nothing_of_the_camera_in_any_mode(
    pipeline: Pipeline, mode: str, view: str, pictures: Path
) -> None:
    frame = np.full((90, 160, 3), ROOM_BGR, np.uint8)
    options = dataclasses.replace(Options(), background_mode=mode, view=view, backgrounds_folder=str(pictures))
    for removal in (True, False):
        out = _run(pipeline, frame, options, count=1, removal=removal, privacy=True)
        assert _leaked(out) == 0


def _leaked(image: Image) -> int:
    """How many visible pixels are of the colour that only the camera has."""
    close = np.abs(image[..., :3].astype(int) - ROOM_BGR).max(axis=2) <= 6
    return int((close & (image[..., 3] > 0)).sum()) if image.shape[2] == 4 else int(close.sum())


def test_threshold_and_softness_move_and_widen_the_edge(pipeline: Pipeline, portrait: Image) -> None:
    areas = [(_run(pipeline, portrait, _options(view="mask", threshold=t)) > 127).mean() for t in (0.05, 0.5, 0.95)]
    assert areas[0] > areas[1] > areas[2]
    grey = [
        (((mask := _run(pipeline, portrait, _options(view="mask", edge_softness=s))) > 0) & (mask < 255)).mean()
        for s in (0.0, 0.5, 1.0)
    ]
    assert grey[0] < grey[1] < grey[2]


# Which modes and views come by a stage: an error in another one would prove nothing.
STAGES = {
    "network": ("file", "blur", "color", "transparent", "mask"),
    "matting": ("file", "blur", "color", "transparent", "mask"),
    "composite": ("file", "blur", "color"),
    "cutout": ("transparent",),
    "matte_image": ("mask",),
    "blurred_room": ("blur",),
    "background": ("file",),
}
ERRORS = [RuntimeError("x"), ValueError("shape"), MemoryError(), cv2.error("y"), UserError("z")]


def _break(stage: str, monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Makes the stage fail; the list that comes back grows with every call of it."""
    called: list[str] = []

    def fail(*arguments: object, **named: object) -> None:
        called.append(stage)
        raise error

    if stage == "network":
        monkeypatch.setattr(cutout_module.Segmenter, "__call__", fail)
    elif stage == "matting":
        monkeypatch.setattr(cutout_module.Matting, "__call__", fail)
    elif stage == "background":
        monkeypatch.setattr("obs_bgremove.engine.backgrounds.reader.read_picture", fail)
    else:
        monkeypatch.setattr(cutout_module, stage, fail)
    return called


def _shown_as(mode: str, pictures: Path) -> Options:
    if mode == "mask":
        return _options(view="mask")
    return dataclasses.replace(Options(), background_mode=mode, backgrounds_folder=str(pictures))


def _checks() -> Image:
    """(180, 320, 3): the room in checks, which blurred are of another colour."""
    rows, columns = np.indices((180, 320)) // 4
    return np.where(((rows + columns) % 2 == 0)[..., None], np.array(ROOM_BGR, np.uint8), np.uint8(0))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("stage", "mode"), [(stage, mode) for stage, modes in STAGES.items() for mode in modes])
def test_whatever_stage_fails_the_room_is_not_shown(
    pipeline: Pipeline, pictures: Path, stage: str, mode: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        called = _break(stage, broken, error)
        for number in range(4):
            desired = DesiredState(_shown_as(mode, pictures))
            out = pipeline.process(_checks(), desired, (number + 1) * 33_000_000, _allocate).pixels
            assert _leaked(out) == 0, f"{stage} failed and the room was shown"
    assert called, "nothing has failed here"


@pytest.mark.parametrize("mode", ["file", "blur", "color", "transparent", "mask"])
def test_the_room_is_told_from_what_may_be_shown_of_it(pipeline: Pipeline, pictures: Path, mode: str) -> None:
    """The tests above and below would notice the room, and take nothing else for it."""
    assert _leaked(_run(pipeline, _checks(), _shown_as(mode, pictures))) == 0
    assert pipeline.problem is None
    assert _leaked(_run(pipeline, _checks(), _options(view="camera"))) > 180 * 320 * 0.4


@pytest.mark.parametrize("wrong", [np.zeros((3, 3), np.float32), np.full((256, 256), np.nan, np.float32), None, 7])
def test_a_network_that_answers_nonsense_shows_nothing_of_the_room(
    pipeline: Pipeline, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = np.full((90, 160, 3), ROOM_BGR, np.uint8)
    monkeypatch.setattr(cutout_module.Segmenter, "__call__", lambda self, image: wrong)
    for number in range(4):
        out = pipeline.process(frame, DesiredState(_options()), (number + 1) * 33_000_000, _allocate)
        assert _leaked(out.pixels) == 0


def test_it_heals_by_itself_after_a_failure(
    pipeline: Pipeline, portrait: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obs_bgremove.engine.pipeline.REBUILD_AFTER_S", 0.0)
    with monkeypatch.context() as broken:
        _break("network", broken, RuntimeError("dead"))
        _run(pipeline, portrait, _options(), count=5)
        assert "Finding the person failed (RuntimeError: dead)" in str(pipeline.problem)
    out = _run(pipeline, portrait, _options(), count=2)
    assert pipeline.problem is None
    assert np.abs(out[180, 320].astype(int) - portrait[180, 320]).max() < 12


def test_while_the_network_is_loaded_the_background_alone_is_shown(assets: Path, pictures: Path) -> None:
    pipeline = Pipeline(Backgrounds())
    frame = np.full((90, 160, 3), ROOM_BGR, np.uint8)
    options = dataclasses.replace(Options(), backgrounds_folder=str(pictures))
    out = pipeline.process(frame, DesiredState(options), 1, _allocate).pixels
    assert pipeline.loading and _leaked(out) == 0
    assert pipeline._loading is not None
    pipeline._loading.join()
    pipeline.close()


def test_a_missing_or_altered_model_is_said_and_heals(
    assets: Path, portrait: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obs_bgremove.engine.pipeline.REBUILD_AFTER_S", 0.0)
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    pipeline = Pipeline(Backgrounds(wait=True), wait=True)
    model = tmp_path / "assets" / installation.MODELS["general"]
    for content, text in ((None, "cannot be read"), (b"altered", "altered or is damaged")):
        if content is not None:
            model.parent.mkdir(exist_ok=True)
            model.write_bytes(content)
        out = _run(pipeline, portrait, _options(), count=1)
        assert tuple(out[180, 320]) == GREEN_BGR
        assert text in str(pipeline.problem)
    model.write_bytes((assets / model.name).read_bytes())
    _run(pipeline, portrait, _options(), count=2)
    assert pipeline.problem is None
    pipeline.close()


def test_a_change_of_model_is_live(pipeline: Pipeline, portrait: Image) -> None:
    for model in ("general", "landscape", "general"):
        out = _run(pipeline, portrait, _options(model=model), count=2)
        assert pipeline.problem is None
        assert np.abs(out[3, 3].astype(int) - GREEN_BGR).max() <= 2


@pytest.mark.parametrize("shape", [(359, 641), (480, 640), (640, 360), (16, 16), (2160, 3840)])
def test_any_size_of_camera_is_taken(pipeline: Pipeline, shape: tuple[int, int]) -> None:
    frame = np.random.default_rng(5).integers(0, 255, (*shape, 3), np.uint8)
    for mode in ("color", "transparent", "blur"):
        options = dataclasses.replace(_options(), background_mode=mode)
        out = pipeline.process(frame, DesiredState(options), 33_000_000, _allocate).pixels
        assert out.shape[:2] == shape and pipeline.problem is None


def test_neutral_grey_is_no_room(pipeline: Pipeline) -> None:
    out = pipeline.background_alone(
        DesiredState(dataclasses.replace(Options(), background_mode="blur")), 64, 36, _allocate
    )
    assert tuple(out.pixels[0, 0]) == (*NEUTRAL_BGR, 255)


def _load(monkeypatch: pytest.MonkeyPatch, error: Exception) -> UserError:
    """What a pipeline says whose network cannot be built because of this error."""

    def fail(model: str) -> None:
        raise error

    monkeypatch.setattr(cutout_module, "PersonCutout", fail)
    pipeline = Pipeline(Backgrounds(wait=True), wait=True)
    _run(pipeline, np.full((36, 64, 3), ROOM_BGR, np.uint8), _options(), count=1)
    assert pipeline.problem is not None
    return pipeline.problem


def test_libraries_that_cannot_be_loaded_are_told_from_a_mistake_of_ours(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    problem = _load(monkeypatch, ImportError("libEGL.so.1"))
    assert "libraries cannot be used" in str(problem) and problem.what_to_do == installation.REMEDY
    caplog.clear()
    problem = _load(monkeypatch, AttributeError("no such name"))
    assert "libraries" not in str(problem) and "AttributeError: no such name" in str(problem)
    assert str(installation.logs_dir()) in str(problem.what_to_do)
    (record,) = caplog.records
    assert record.exc_info is not None and "in fail" in caplog.text, "the log says where"


def test_a_frame_that_fails_is_logged_once_with_its_place(
    pipeline: Pipeline, portrait: Image, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _run(pipeline, portrait, _options(), count=1)

    def break_down(*_: object, **__: object) -> None:
        raise IndexError("out of bounds")

    monkeypatch.setattr(cutout_module, "composite", break_down)
    _run(pipeline, portrait, _options(), count=2)
    assert caplog.text.count("in break_down") == 1


def test_a_network_built_beside_kernels_that_fail_is_given_back(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[object] = []
    real = cutout_module.Segmenter.close
    monkeypatch.setattr(cutout_module.Segmenter, "close", lambda self: closed.append(self) or real(self))

    def fail() -> None:
        raise RuntimeError("a kernel")

    monkeypatch.setattr(cutout_module, "warm_up", fail)
    with pytest.raises(RuntimeError, match="a kernel"):
        cutout_module.PersonCutout("general")
    assert len(closed) == 3, "the model, the one for second opinions, and the model once more for the other core"


def test_a_command_that_is_none_is_refused(pipeline: Pipeline, portrait: Image) -> None:
    _run(pipeline, portrait, _options(), count=1)
    pipeline.command("forget")
    with pytest.raises(ValueError, match="got 'erase', expected one of learn, forget"):
        pipeline.command("erase")
