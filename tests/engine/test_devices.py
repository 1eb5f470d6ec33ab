"""Camera ids and names on every system, from lists as cv2_enumerate_cameras gives them; what a camera setting names.

The lowest seam, the library's function, is replaced by one that behaves as the library's source says: for one backend
it gives plain indices, for CAP_ANY every camera once a backend, numbered index + backend.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import pytest

from obs_bgremove.engine import __main__ as engine
from obs_bgremove.engine.camera import devices
from obs_bgremove.engine.camera.target import find
from obs_bgremove.shared.errors import UserError
from tests.systems import skip_if_linux_cannot_be_played

PLUG = r"\\?\usb#vid_046d&pid_0825&mi_00#7&1a2b3c4d&0&0000"
MSMF_PATH = PLUG + r"#{e5323777-f976-4f5b-9b55-b94699c46e44}\global"
DSHOW_PATH = PLUG.replace("usb#vid_046d&pid", "USB#VID_046D&PID") + r"#{65e8773d-8f56-11d0-a3b9-00a0c9223196}\global"


@dataclass
class Info:
    """What cv2_enumerate_cameras gives for one camera."""

    index: int
    name: str
    path: str | None
    vid: int | None = 0x46D
    pid: int | None = 0x825
    backend: int = 0


@dataclass
class System:
    """The cameras of a machine, by backend."""

    by_backend: dict[int, list[Info]] = field(default_factory=dict)

    def enumerate(self, backend: int = cv2.CAP_ANY) -> list[Info]:
        if backend == cv2.CAP_ANY:
            return [
                Info(info.index + number, info.name, info.path, info.vid, info.pid)
                for number, found in self.by_backend.items()
                for info in found
            ]
        return self.by_backend.get(backend, [])


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> System:
    system = System()
    monkeypatch.setattr(devices, "enumerate_cameras", system.enumerate)
    monkeypatch.setattr(devices, "_BY_ID", tmp_path / "by-id")
    monkeypatch.setattr(devices, "_SYSFS", tmp_path / "sysfs")
    return system


@pytest.fixture
def linux(system: System, monkeypatch: pytest.MonkeyPatch) -> list[Info]:
    """Cameras on Linux: GStreamer lists the same nodes once more."""
    skip_if_linux_cannot_be_played()
    monkeypatch.setattr(sys, "platform", "linux")
    system.by_backend[cv2.CAP_V4L2] = system.by_backend[cv2.CAP_GSTREAMER] = []
    return system.by_backend[cv2.CAP_V4L2]


@pytest.fixture
def windows(system: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """A webcam, listed by both backends, and OBS's virtual camera, which DirectShow alone knows, without a path."""
    monkeypatch.setattr(sys, "platform", "win32")
    system.by_backend[cv2.CAP_MSMF] = [Info(0, "HD Webcam", MSMF_PATH)]
    system.by_backend[cv2.CAP_DSHOW] = [Info(0, "OBS Virtual Camera", "", None, None), Info(1, "HD Webcam", DSHOW_PATH)]
    return system


def _names() -> list[str]:
    return [device.name for device in devices.list_cameras()]


def test_one_camera_is_one_entry_by_its_plain_name(linux: list[Info]) -> None:
    linux.append(Info(0, "TestCam", "/dev/video0"))
    (device,) = devices.list_cameras()
    assert (device.name, device.openings) == ("TestCam", ((0, cv2.CAP_V4L2),))


@pytest.mark.parametrize("setting", ["/dev/video2", "2", "202", "1802"])
def test_a_camera_is_found_by_its_id_its_number_and_its_node(linux: list[Info], setting: str) -> None:
    linux += [Info(0, "Other", "/dev/video0"), Info(2, "Good Webcam", "/dev/video2")]
    target = find(setting)
    assert (target.kind, target.openings, target.label) == ("device", ((2, cv2.CAP_V4L2),), "Good Webcam")


def test_the_list_stands_in_the_order_of_the_nodes(linux: list[Info]) -> None:
    linux += [Info(number, f"Cam {number}", f"/dev/video{number}") for number in (10, 2, 0)]
    assert _names() == ["Cam 0", "Cam 2", "Cam 10"]


def test_empty_is_the_first_camera_or_the_sample(linux: list[Info]) -> None:
    assert find("").kind == "sample"
    linux.append(Info(0, "One", "/dev/video0"))
    assert find("").target == "One"


@pytest.mark.parametrize("name", ["OBS Virtual Camera", "OBS Cam", "OBS-Camera2"])
def test_the_virtual_camera_of_obs_is_listed_last_and_never_chosen_unasked(linux: list[Info], name: str) -> None:
    linux.append(Info(0, name, "/dev/video0"))
    assert find("").kind == "sample"
    linux.append(Info(1, "Observatory Cam", "/dev/video1"))
    assert find("").target == "Observatory Cam"
    assert [(device.name, device.virtual) for device in devices.list_cameras()] == [
        ("Observatory Cam", False),
        (name, True),
    ]
    assert find("/dev/video0").target == name


def test_nodes_that_give_no_pictures_are_left_out(linux: list[Info], tmp_path: Path) -> None:
    linux += [Info(0, "Cam", "/dev/video0"), Info(1, "Cam", "/dev/video1")]
    for node, index in (("video0", "0"), ("video1", "1")):
        (tmp_path / "sysfs" / node).mkdir(parents=True)
        (tmp_path / "sysfs" / node / "index").write_text(index + "\n")
    assert [(device.id, device.name) for device in devices.list_cameras()] == [("/dev/video0", "Cam")]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links, as /dev/v4l/by-id has")
def test_the_id_is_the_name_that_outlives_replugging(linux: list[Info], tmp_path: Path) -> None:
    linux.append(Info(0, "Cam", "/dev/video0"))
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id" / "usb-Maker_Cam_1234-video-index0").symlink_to("/dev/video0")
    (device,) = devices.list_cameras()
    assert device.id.endswith("usb-Maker_Cam_1234-video-index0")
    assert find(device.id).openings == find("/dev/video0").openings == ((0, cv2.CAP_V4L2),)


def test_the_doubled_names_of_linux_are_said_once(linux: list[Info]) -> None:
    linux.append(Info(0, "Integrated Camera: Integrated C", "/dev/video0"))
    linux.append(Info(2, "Logitech: C920", "/dev/video2"))
    assert _names() == ["Integrated Camera", "Logitech: C920"]


def test_without_a_path_the_id_is_made_of_vendor_product_and_name(linux: list[Info]) -> None:
    linux += [Info(0, "Cam", ""), Info(1, "Cam", None)]
    assert [device.id for device in devices.list_cameras()] == ["046d:0825:Cam", "046d:0825:Cam 2"]
    assert find("046d:0825:Cam 2").openings == ((1, cv2.CAP_V4L2),)


def test_twins_are_told_apart_by_model_or_else_by_number(linux: list[Info]) -> None:
    linux += [Info(0, "Cam", "/dev/video0"), Info(2, "Cam", "/dev/video2", pid=0x826)]
    assert _names() == ["Cam (046d:0825)", "Cam (046d:0826)"]
    linux.append(Info(4, "Cam", "/dev/video4"))
    assert _names() == ["Cam (1)", "Cam (2)", "Cam (3)"]


def test_on_windows_both_backends_give_one_entry_with_two_ways_to_open_it(windows: System) -> None:
    webcam, virtual = devices.list_cameras()
    assert (webcam.id, webcam.name) == (PLUG, "HD Webcam")
    assert webcam.openings == ((0, cv2.CAP_MSMF), (1, cv2.CAP_DSHOW))
    assert (virtual.name, virtual.virtual, virtual.openings) == ("OBS Virtual Camera", True, ((0, cv2.CAP_DSHOW),))
    assert find("").target == "HD Webcam"


@pytest.mark.parametrize("setting", [PLUG, MSMF_PATH, DSHOW_PATH, "0", "1400", "701"])
def test_on_windows_a_camera_is_found_by_any_id_it_ever_had(windows: System, setting: str) -> None:
    assert find(setting).target == "HD Webcam"


def test_on_windows_a_pc_without_a_webcam_shows_the_sample(windows: System) -> None:
    windows.by_backend[cv2.CAP_MSMF] = []
    windows.by_backend[cv2.CAP_DSHOW] = windows.by_backend[cv2.CAP_DSHOW][:1]
    assert find("").kind == "sample"


def test_on_windows_equal_cameras_on_two_ports_are_two(windows: System) -> None:
    for found, path in ((windows.by_backend[cv2.CAP_MSMF], MSMF_PATH), (windows.by_backend[cv2.CAP_DSHOW], DSHOW_PATH)):
        found.append(Info(len(found), "HD Webcam", path.replace("1a2b3c4d", "5e6f7a8b")))
    assert _names() == ["HD Webcam (1)", "HD Webcam (2)", "OBS Virtual Camera"]
    assert [device.openings for device in devices.list_cameras()][:2] == [
        ((0, cv2.CAP_MSMF), (1, cv2.CAP_DSHOW)),
        ((1, cv2.CAP_MSMF), (2, cv2.CAP_DSHOW)),
    ]


def test_on_macos_the_id_is_the_unique_id(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    system.by_backend[cv2.CAP_AVFOUNDATION] = [
        Info(0, "OBS Virtual Camera", "7626645E-4425-469E-9D8B-97E0FA59AC75", None, None),
        Info(1, "FaceTime HD Camera", "0x8020000005ac8514"),
    ]
    assert [device.id for device in devices.list_cameras()] == [
        "0x8020000005ac8514",
        "7626645E-4425-469E-9D8B-97E0FA59AC75",
    ]
    assert find("").openings == ((1, cv2.CAP_AVFOUNDATION),)


@pytest.mark.parametrize("setting", [PLUG, r"@device:pnp:\\?\usb#vid_046d", "0", "", "/dev/video0"])
def test_a_device_is_never_looked_up_as_a_file(
    linux: list[Info], monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    linux.append(Info(0, "Cam", setting if setting.startswith(("\\", "@")) else "/dev/video0"))

    def opens_the_device(path: object) -> bool:
        raise AssertionError(f"{path} was looked up")

    monkeypatch.setattr("os.path.isfile", opens_the_device)
    monkeypatch.setattr(Path, "is_file", opens_the_device)
    assert find(setting).kind == "device"


@pytest.mark.parametrize(
    ("setting", "what"),
    [("/dev/video9", "camera"), ("/gone/clip.mp4", "file"), ("Lost", "camera"), (PLUG + ".Usb", "camera")],
)
def test_what_is_not_there_is_said_plainly(linux: list[Info], setting: str, what: str) -> None:
    with pytest.raises(UserError, match=f"The {what} .* is not there"):
        find(setting)


def test_files_and_streams_are_told_from_cameras(linux: list[Info], tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.touch()
    assert find(str(path)).kind == "file"
    assert find("rtsp://host/live").kind == "stream"


def test_a_url_shows_neither_password_nor_query() -> None:
    label = find("rtsp://anna:geheim@host:554/live?token=secret").label
    assert label == "rtsp://host/…"


def test_obs_is_told_id_name_and_whether_obs_itself_feeds_it(
    linux: list[Info], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    linux += [Info(0, "OBS Virtual Camera", "/dev/video0"), Info(1, "Cam", "/dev/video1")]
    monkeypatch.setattr(sys, "argv", ["engine", "--list-cameras"])
    assert engine.main() == 0
    assert json.loads(capsys.readouterr().out) == [
        {"id": "/dev/video1", "name": "Cam", "virtual": False, "modes": []},
        {"id": "/dev/video0", "name": "OBS Virtual Camera", "virtual": True, "modes": []},
    ]
