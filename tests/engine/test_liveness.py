"""Who is shown: whoever lives. Portraits, statues, people who sit still, come in, leave, or are three."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.matting.disturbance import WAIT_S, Disturbance
from obs_bgremove.engine.matting.face_detector import FaceDetector, body_of
from obs_bgremove.engine.matting.hesitation import Hesitation
from obs_bgremove.engine.matting.liveness import Liveness
from obs_bgremove.engine.matting.matting import Matting
from obs_bgremove.engine.matting.motion import Motion
from obs_bgremove.engine.matting.person_tracking import grouped, split
from obs_bgremove.engine.matting.segmenter import Segmenter
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.installation import FACE_DETECTOR
from obs_bgremove.shared.options import Options
from tests.fakes import procedural

FRAME_NS = 33_333_333
HEIGHT, WIDTH = 360, 640
Networks = tuple[Segmenter, FaceDetector, Segmenter]


@pytest.fixture(scope="module")
def networks(assets: Path) -> Iterator[Networks]:
    built = (
        Segmenter(assets / "selfie_segmentation.tflite"),
        FaceDetector(assets / FACE_DETECTOR),
        Segmenter(assets / "selfie_segmentation_landscape.tflite"),
    )
    yield built
    for network in built:
        network.close()


@pytest.fixture(scope="module")
def cut_out(assets: Path, networks: Networks) -> tuple[np.ndarray, np.ndarray]:
    """The sample portrait and its alpha, (H, W, 3) uint8 and (H, W) float32, without the room behind her."""
    picture = np.asarray(cv2.imread(str(assets / "astronaut.png")), np.uint8)[:, 20:420]
    seen = networks[0](cv2.cvtColor(cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB))
    alpha = cv2.resize(np.clip((seen - 0.3) / 0.4, 0, 1), picture.shape[1::-1])
    return picture, alpha.astype(np.float32)


class Scene:
    """A room with people cut out of the sample portrait; noise of 3 grey levels."""

    def __init__(self, cut_out: tuple[np.ndarray, np.ndarray]) -> None:
        self._picture, self._alpha = cut_out
        self._room = procedural.room(HEIGHT, WIDTH)

    def frame(self, number: int, *people: tuple[float, float, int]) -> np.ndarray:
        """people: (x of the left side, y of the lower side, height in pixels), the first in front."""
        picture = self._room.astype(np.float32)
        for x, y, tall in reversed(people):
            scale = tall / self._picture.shape[0]
            matrix = np.array([[scale, 0, x], [0, scale, y - tall]], np.float32)
            size = (WIDTH, HEIGHT)
            alpha = cv2.warpAffine(self._alpha, matrix, size)[..., None]
            picture += (cv2.warpAffine(self._picture, matrix, size).astype(np.float32) - picture) * alpha
        picture += np.random.default_rng(number).normal(0, 3, picture.shape)
        return np.clip(picture, 0, 255).astype(np.uint8)

    def alpha(self, x: float, y: float, tall: int) -> np.ndarray:
        """True alpha of one person."""
        scale = tall / self._picture.shape[0]
        matrix = np.array([[scale, 0, x], [0, scale, y - tall]], np.float32)
        return np.asarray(cv2.warpAffine(self._alpha, matrix, (WIDTH, HEIGHT)))


@pytest.fixture
def scene(cut_out: tuple[np.ndarray, np.ndarray]) -> Scene:
    return Scene(cut_out)


def _sway(number: int, phase: float = 0.0) -> float:
    return 4 * float(np.sin(number / 6 + phase))


def _shown(matte: np.ndarray, truth: np.ndarray) -> float:
    """Mean alpha inside somebody."""
    return float(matte[truth > 0.9].mean())


def _iou(matte: np.ndarray, truth: np.ndarray) -> float:
    return float(((matte > 0.5) & (truth > 0.5)).sum() / max(1, ((matte > 0.5) | (truth > 0.5)).sum()))


@pytest.mark.parametrize("advised", [True, False])
def test_a_portrait_on_the_wall_is_hidden_within_two_thirds_of_a_second(
    networks: Networks, scene: Scene, advised: bool
) -> None:
    matting = Matting(*networks) if advised else Matting(networks[0])
    portrait = (420.0, 220.0, 190)
    for number in range(40):
        person = (60 + _sway(number), HEIGHT + 20.0, 320)
        alpha = matting(scene.frame(number, person, portrait), Options(), number * FRAME_NS).alpha_small
        if number >= 20:
            assert _shown(alpha, scene.alpha(*portrait)) < 0.02, f"frame {number}"
            assert _shown(alpha, scene.alpha(*person)) > 0.9, f"frame {number}"


def test_a_statue_that_touches_the_person_is_cut_off_and_the_view_does_not_run_away(
    networks: Networks, scene: Scene
) -> None:
    matting = Matting(*networks)
    statue = (290.0, HEIGHT + 20.0, 290)
    for number in range(45):
        person = (70 + _sway(number), HEIGHT + 20.0, 330)
        matte = matting(scene.frame(number, person, statue), Options(), number * FRAME_NS)
    apart = scene.alpha(*statue) * (cv2.dilate(scene.alpha(*person), np.ones((61, 61))) < 0.05)
    assert (apart > 0.9).sum() > 3000
    assert _shown(matte.alpha_small, apart) < 0.1
    assert _shown(matte.alpha_small, scene.alpha(*person)) > 0.9


def test_whoever_sits_still_loses_nothing(networks: Networks, scene: Scene) -> None:
    matting = Matting(*networks)
    scores = []
    for number in range(150):
        person = (150 + _sway(min(number, 30)), HEIGHT + 20.0, 320)
        alpha = matting(scene.frame(number, person), Options(), number * FRAME_NS).alpha_small
        scores.append(_iou(alpha, scene.alpha(*person)))
    assert np.mean(scores[-30:]) > np.mean(scores[30:60]) - 0.005 and np.mean(scores[-30:]) > 0.9


def test_whoever_has_not_moved_yet_is_shown_from_the_first_frame_on(networks: Networks, scene: Scene) -> None:
    matting = Matting(*networks)
    person = (150.0, HEIGHT + 20.0, 320)
    for number in range(60):
        alpha = matting(scene.frame(number, person), Options(), number * FRAME_NS).alpha_small
        assert _shown(alpha, scene.alpha(*person)) > 0.9, f"frame {number}"


def test_whoever_comes_in_is_whole_after_half_a_second_and_gone_at_once_after_leaving(
    networks: Networks, scene: Scene
) -> None:
    matting = Matting(*networks)
    shares = []
    for number in range(100):
        sitter = (40 + _sway(number), HEIGHT + 20.0, 260)
        comer = (max(360.0, 640 - 12 * max(0, number - 30)) + _sway(number, 1), HEIGHT + 20.0, 300)
        people = (sitter, comer) if 30 <= number < 80 else (sitter,)
        alpha = matting(scene.frame(number, *people), Options(), number * FRAME_NS).alpha_small
        shares.append(_shown(alpha, scene.alpha(*comer)) if number >= 45 else 0.0)
    assert np.mean(shares[68:80]) > 0.9  # there since frame 53
    assert max(shares[89:]) < 0.02


def test_three_people_at_different_distances_are_all_shown(networks: Networks, scene: Scene) -> None:
    matting = Matting(*networks)
    for number in range(45):
        people = [
            (10 + _sway(number), HEIGHT + 20.0, 280),
            (270 + _sway(number, 2), 330.0, 150),
            (420 + _sway(number, 4), HEIGHT + 10.0, 230),
        ]
        alpha = matting(scene.frame(number, *people), Options(), number * FRAME_NS).alpha_small
    assert min(_shown(alpha, scene.alpha(*person)) for person in people) > 0.8


def test_motion_is_told_from_noise_and_from_exposure() -> None:
    motion = Motion(180, 320)
    room = procedural.room(180, 320)
    for number in range(12):
        frame = procedural.frame(procedural.figure(180, 320, 0.006 * np.sin(number)), room, noise=1.5, seed=number)
        motion.look(np.clip(frame * (1 + 0.002 * number), 0, 255).astype(np.uint8), number * 3 * FRAME_NS)
    figure = cv2.resize(procedural.figure(180, 320), motion.shape[::-1], interpolation=cv2.INTER_AREA)
    nobody = cv2.dilate(figure, np.ones((3, 3))) == 0
    outline = (figure > 0.2) & (figure < 0.8)
    assert motion.alive[outline].mean() > 0.9 and not motion.dead[outline].any()
    assert motion.alive[nobody].mean() < 0.02 and motion.steady(nobody)


def test_a_frozen_picture_and_a_moving_camera_veto_nobody() -> None:
    room = procedural.room(180, 320)
    for shift in (0, 3):
        motion = Motion(180, 320)
        liveness = Liveness(motion.shape, 360, 640)
        opinion = np.zeros(motion.shape, np.float32)
        opinion[5:15, 5:12] = opinion[5:15, 20:24] = 1
        for number in range(20):
            calm = motion.look(np.ascontiguousarray(np.roll(room, shift * number, 1)), number * 3 * FRAME_NS)
            if number > 3:
                liveness.judge(opinion, [(0, 0, 640, 360)], [], calm, motion, number * 3 * FRAME_NS)
        if shift:
            assert liveness.veto is None
        else:
            assert not motion.dead.any() and not motion.alive.any()


def test_several_faces_in_one_box_become_several_views() -> None:
    """A large face beside a small one: whose shoulder, whose legs."""
    faces = [(50, 100, 110, 160), (300, 60, 320, 80)]
    kept = np.zeros((60, 105), bool)
    kept[25:60, 8:60] = kept[10:60, 70:85] = True
    parts = split([(0, 0, 420, 240)], faces, kept, 4)
    assert parts == [(32, 100, 240, 240), (280, 40, 340, 240)]
    assert sorted(grouped(parts, faces)) == sorted(parts)
    assert split([(0, 0, 200, 240)], faces, kept, 4) == [(0, 0, 200, 240)]


def test_two_opinions_that_differ_over_a_moving_block_are_hesitation() -> None:
    motion = Motion(180, 320)
    motion.life[...], motion.still_s[...] = 3, 0
    hesitation = Hesitation(360, 640, motion.shape)
    before, now, kept = np.zeros((360, 640), np.float32), np.zeros((360, 640), np.float32), np.ones(motion.shape, bool)
    now[100:200, 100:200] = 0.8
    for _ in range(10):
        hesitation(now, before, kept, motion)
    assert hesitation.map[120:180, 120:180].min() == 1 and hesitation.map[:, 300:].max() == 0
    motion.life[...] = 0
    hesitation(now, before, kept, motion)
    assert not hesitation.map.any()


def test_what_stirs_is_looked_at_soon_and_ever_more_seldom() -> None:
    motion = Motion(180, 320)
    disturbance = Disturbance(motion.shape, 360, 640)
    motion.life[10:20, 50:60] = 3
    nobody = np.zeros(motion.shape, bool)
    looks = [n for n in range(600) if disturbance(motion, nobody, [(0, 0, 300, 360)], n * FRAME_NS)]
    assert looks[0] == 0 and looks[1] * FRAME_NS <= 1.2e9 * WAIT_S[0] and len(looks) < 9
    x0, y0, x1, y1 = disturbance(motion, nobody, [], 10**12) or (0, 0, 0, 0)
    assert x0 < 400 and x1 > 470 and y0 < 80 and y1 > 160
    assert disturbance(motion, nobody, [(0, 0, 640, 360)], 10**13) is None


def test_the_face_detector_finds_the_face_and_refuses_an_altered_file(
    networks: Networks, scene: Scene, tmp_path: Path
) -> None:
    small = np.asarray(cv2.resize(scene.frame(0, (200.0, HEIGHT + 0.0, 340)), (427, 240), interpolation=cv2.INTER_AREA))
    (face,) = networks[1](small)
    body = body_of(face, 240, 427)
    assert 160 < (face[0] + face[2]) / 2 < 260 and face[3] < 120
    assert body[0] <= face[0] and body[1] <= face[1] and body[2] >= face[2] and body[3] > face[3]
    assert networks[1](np.zeros((240, 427, 3), np.uint8)) == []
    altered = tmp_path / FACE_DETECTOR
    altered.write_bytes(b"no model")
    with pytest.raises(UserError, match="altered"):
        FaceDetector(altered)


def test_the_flag_beside_the_sample_portrait_is_not_shown(networks: Networks) -> None:
    """All of the sample moves, the flag with her: one network takes it for somebody new, the other does not."""
    matting, sample = Matting(*networks), SampleSource((1280, 720))
    for number in range(260):
        alpha = matting(sample.at(100 + number / 30), Options(), number * FRAME_NS).alpha_small
        assert alpha[:150, :60].mean() < 0.02, f"frame {number}"
