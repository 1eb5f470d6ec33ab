"""What a mean over frames does not tell: how soon somebody who enters is found, whether a portrait goes, and so on.

`Checks` is given every frame of a clip with its facts (NAME.json of made_clips) and answers with a few named figures.
"""

from typing import Any

import cv2
import numpy as np

from tests.benchmarks.frame_scores import U8, iou

FPS = 30
SETTLED_S = 2.0  # by then a portrait should be gone
FOUND_IOU, FOUND_FRAMES = 90.0, 5  # somebody is found when this holds for so many frames
IN_PICTURE = 0.05  # share of a person's largest area from which the person is in the picture
GONE = 0.5  # thousands of pixels: less room than this is shown once everybody has left
AROUND_PX = 61  # within so many pixels of a person, half of it to each side, a pixel belongs to the person's part
NEVER = float("inf")


class Checks:
    """The extra figures of one clip. Shares in percent, times in s; `inf` for what never came about."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self._areas = {kind: [tuple(a) for a in facts.get(kind, ())] for kind in ("portraits", "things")}
        self._shown: dict[str, list[float]] = {kind: [] for kind, areas in self._areas.items() if areas}
        self._iou: list[float] = []
        self._part_iou: list[float] = []
        self._part_area: list[int] = []
        self._left: list[float] = []  # thousands of pixels shown in frames without anybody, nan elsewhere

    def add(self, matte: U8, truth: U8, part: U8 | None) -> None:
        """One frame, all (H, W) uint8; part: alpha of the one person who is timed."""
        inside, true = matte > 127, truth > 127
        self._iou.append(iou(inside, true))
        if self._shown:
            free = cv2.dilate(truth, np.ones((9, 9), np.uint8)) < 3
            for kind, shown in self._shown.items():
                counts = [
                    (int((inside & free)[y0:y1, x0:x1].sum()), int(free[y0:y1, x0:x1].sum()))
                    for x0, y0, x1, y1 in self._areas[kind]
                ]
                shown.append(100.0 * sum(c for c, _ in counts) / max(1, sum(n for _, n in counts)))
        if part is not None:
            mine = part > 127
            near = cv2.dilate(mine.astype(np.uint8), np.ones((AROUND_PX, AROUND_PX), np.uint8)) > 0
            near &= ~(true & ~mine)
            self._part_area.append(int(mine.sum()))
            self._part_iou.append(iou(inside & near, mine))
        self._left.append(float(matte.sum(dtype=np.int64)) / 255e3 if not true.any() else np.nan)

    def figures(self) -> dict[str, float]:
        """Name to value; empty if there is nothing to check."""
        found: dict[str, float] = {}
        settled = round(SETTLED_S * FPS)
        for kind, shown in self._shown.items():
            found[f"{kind} shown after 2 s %"] = float(np.mean(shown[settled:])) if shown[settled:] else float("nan")
            found[f"{kind} shown at most before %"] = float(np.max(shown[:settled]))
        if self._facts.get("enters"):
            found["found after s"] = self._found_after_s()
        if self._facts.get("leaves"):
            found["room gone after s"] = self._gone_after_s()
        if self._facts.get("still"):
            seconds = [float(np.nanmean(self._iou[i : i + FPS])) for i in range(0, len(self._iou) - FPS + 1, FPS)]
            found["IoU first s"], found["IoU last s"], found["IoU least s"] = seconds[0], seconds[-1], min(seconds)
        return found

    def _found_after_s(self) -> float:
        start = int(np.argmax(np.array(self._part_area) >= IN_PICTURE * max(self._part_area)))
        good = [value >= FOUND_IOU for value in self._part_iou]
        for number in range(start, len(good) - FOUND_FRAMES + 1):
            if all(good[number : number + FOUND_FRAMES]):
                return (number - start) / FPS
        return NEVER

    def _gone_after_s(self) -> float:
        empty = [number for number, value in enumerate(self._left) if value == value]
        late = [number for number in empty if self._left[number] >= GONE]
        if not empty or (late and late[-1] == empty[-1]):
            return NEVER
        return (late[-1] + 1 - empty[0]) / FPS if late else 0.0
