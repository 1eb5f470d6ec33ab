"""Camera ids and what a camera setting names. The lowest seam, the system's list of cameras, is replaced."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from obs_bgremove.engine.camera import devices
from obs_bgremove.shared.errors import UserError


@dataclass
class Info:
    """What cv2_enumerate_cameras gives for one camera."""

    index: int
    name: str
    path: str
    vid: int = 0x46D
    pid: int = 0x825
    backend: int = 200


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Info]:
    found: list[Info] = []
    monkeypatch.setattr(devices, "enumerate_cameras", lambda: found)
    monkeypatch.setattr(devices, "_BY_ID", tmp_path / "by-id")
    monkeypatch.setattr(devices, "_SYSFS", tmp_path / "sysfs")
    return found


def test_a_camera_is_found_by_its_id_its_index_and_its_node(plugged: list[Info]) -> None:
    plugged.append(Info(2, "Good Webcam", "/dev/video2"))
    for setting in ("/dev/video2", "2"):
        wanted = devices.find(setting)
        assert (wanted.kind, wanted.index, wanted.backend, wanted.label) == ("device", 2, 200, "Good Webcam")


def test_empty_is_the_first_camera_or_the_sample(plugged: list[Info]) -> None:
    assert devices.find("").kind == "sample"
    plugged.append(Info(0, "One", "/dev/video0"))
    assert devices.find("").target == "One"


def test_nodes_that_give_no_pictures_are_left_out(plugged: list[Info], tmp_path: Path) -> None:
    plugged += [Info(0, "Cam", "/dev/video0"), Info(1, "Cam", "/dev/video1")]
    for node, index in (("video0", "0"), ("video1", "1")):
        (tmp_path / "sysfs" / node).mkdir(parents=True)
        (tmp_path / "sysfs" / node / "index").write_text(index + "\n")
    assert [device.id for device in devices.list_cameras()] == ["/dev/video0"]


def test_the_id_is_the_name_that_outlives_replugging(plugged: list[Info], tmp_path: Path) -> None:
    plugged.append(Info(0, "Cam", "/dev/video0"))
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id" / "usb-Maker_Cam_1234-video-index0").symlink_to("/dev/video0")
    (device,) = devices.list_cameras()
    assert device.id.endswith("usb-Maker_Cam_1234-video-index0")
    assert devices.find(device.id).index == 0


def test_without_a_path_the_id_is_made_of_vendor_product_and_name(plugged: list[Info]) -> None:
    plugged.append(Info(0, "Cam", ""))
    assert [device.id for device in devices.list_cameras()] == ["046d:0825:Cam"]
    assert devices.find("046d:0825:Cam").index == 0


def test_two_cameras_of_one_name_can_be_told_apart(plugged: list[Info]) -> None:
    plugged += [Info(0, "Cam", "/dev/video0"), Info(2, "Cam", "/dev/video2")]
    names = [device.name for device in devices.list_cameras()]
    assert len(set(names)) == 2 and all(name.startswith("Cam (") for name in names)


@pytest.mark.parametrize(
    ("setting", "what"), [("/dev/video9", "camera"), ("/gone/clip.mp4", "file"), ("Lost", "camera")]
)
def test_what_is_not_there_is_said_plainly(plugged: list[Info], setting: str, what: str) -> None:
    with pytest.raises(UserError, match=f"The {what} .* is not there"):
        devices.find(setting)


def test_files_and_streams_are_told_from_cameras(plugged: list[Info], tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.touch()
    assert devices.find(str(path)).kind == "file"
    assert devices.find("rtsp://host/live").kind == "stream"


def test_a_url_shows_neither_password_nor_query() -> None:
    label = devices.find("rtsp://anna:geheim@host:554/live?token=secret").label
    assert label == "rtsp://host:554/live"
