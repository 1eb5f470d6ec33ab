"""The mattes that the report compares: the product's, as `render --view mask` makes them, and the tutorial's.

The only file of the report that imports the package, and only these names of it: Pipeline, DesiredState,
Backgrounds, Canvas, Options, its table, model_path and import_vision. `use(root)` takes them from another checkout.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.benchmarks.frame_scores import U8

# Where a name is: in the present layout, and in the one before, so that older versions can be scored too.
_PLACES = {
    "Pipeline": ("obs_bgremove.engine.pipeline",),
    "DesiredState": ("obs_bgremove.shared.protocol",),
    "Switches": ("obs_bgremove.engine.pipeline",),  # before DesiredState
    "Backgrounds": ("obs_bgremove.engine.background",),
    "Canvas": ("obs_bgremove.engine.canvas",),
    "Options": ("obs_bgremove.shared.options", "obs_bgremove.options"),
    "TABLE": ("obs_bgremove.shared.options", "obs_bgremove.options"),
    "model_path": ("obs_bgremove.shared.installation", "obs_bgremove.environment"),
    "import_vision": ("obs_bgremove.engine.matting.mediapipe_vision", "obs_bgremove.engine.mediapipe_vision"),
}
MODELS = ("general", "landscape")


def use(root: Path | None) -> None:
    """Take the package from the checkout at `root` instead of this one. Before anything else here is called."""
    if root is not None:
        if not (root / "obs_bgremove").is_dir():
            raise SystemExit(f"There is no obs_bgremove in {root}: name a checkout's root.")
        folder = root.resolve() / "obs_bgremove"
        spec = importlib.util.spec_from_file_location(
            "obs_bgremove", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None and spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules["obs_bgremove"] = package  # and sys.path as it is: `tests` must stay this checkout's
        spec.loader.exec_module(package)


def where() -> Path:
    """The folder of the package that is scored."""
    return Path(str(importlib.import_module("obs_bgremove").__file__)).parent


def _take(name: str) -> Any:
    for place in _PLACES[name]:
        try:
            return getattr(importlib.import_module(place), name)
        except (ModuleNotFoundError, AttributeError) as error:
            missing = error
    raise LookupError(f"{name} is in none of {', '.join(_PLACES[name])}: {missing}")


def options(settings: list[str]) -> Any:
    """Options of the mask's view, not mirrored, everything else at its default but `settings` (KEY=VALUE)."""
    table = _take("TABLE")
    values: dict[str, Any] = {"view": "mask", "mirror": False}
    for setting in settings:
        key, _, text = setting.partition("=")
        rows = table.values() if isinstance(table, dict) else table
        row = next((row for row in rows if row.key == key), None)
        if row is None:
            raise SystemExit(f"There is no setting {key}.")
        values[key] = row.parse_text(text)
    return _take("Options")(**values)


class Ours:
    """The product: one instance for one clip, frames in order."""

    def __init__(self, settings: list[str]) -> None:
        wanted = options(settings)
        self._pipeline = _take("Pipeline")(_take("Backgrounds")(wait=True), wait=True)
        self._canvas = _take("Canvas")
        try:
            self._wanted = [_take("DesiredState")(wanted)]
        except LookupError:
            self._wanted = [wanted, _take("Switches")()]

    def __call__(self, frame_bgr: U8, timestamp_ns: int) -> U8:
        """The matte (H, W) uint8."""
        shown = self._pipeline.process(frame_bgr, *self._wanted, timestamp_ns, self._canvas)
        if self._pipeline.problem is not None:
            raise self._pipeline.problem
        return np.ascontiguousarray(shown.pixels[..., 0])

    def close(self) -> None:
        """Gives the network back."""
        self._pipeline.close()


class Tutorial:
    """The loop this product grew from: the network on the whole frame, and > 0.5. Frames in any order."""

    def __init__(self, model: str) -> None:
        vision = _take("import_vision")()
        from mediapipe.tasks import python as tasks

        self._network = vision.ImageSegmenter.create_from_options(
            vision.ImageSegmenterOptions(
                base_options=tasks.BaseOptions(model_asset_path=str(_take("model_path")(model))),
                output_confidence_masks=True,
                output_category_mask=False,
            )
        )

    def __call__(self, frame_bgr: U8) -> U8:
        """0 or 255, (H, W) uint8."""
        import mediapipe

        rgb = cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2RGB)
        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
        answer = self._network.segment(picture).confidence_masks[0]  # a name, so that what numpy_view shows stays
        mask = answer.numpy_view().reshape(frame_bgr.shape[:2])
        return np.where(mask > 0.5, 255, 0).astype(np.uint8)

    def close(self) -> None:
        """Gives the network back."""
        self._network.close()
