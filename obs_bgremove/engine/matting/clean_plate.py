"""The learned background: what the room looks like where nobody stands, and how well a cell fits it.

Learned from the network's opinion alone (never from what the plate itself made of it: that loop ate people), and only
where that opinion has been "nobody" for a margin around. A cell that looks like its plate is evidence for background;
one that surely does not is mild evidence for a person, and only where the network is in doubt (things move, shadows
fall). Exposure is followed by one gain per channel. If the surely empty part of the picture stops fitting, because the
camera moved or the light changed, the plate is not trusted, and after a while learned afresh. Used by `Matting`, on its
thread; `check` and `update` may run beside the network.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.compiled import jit
from obs_bgremove.engine.matting.person_crop import Box

KNOWN = np.float32(4)  # looks before a cell counts as known
LOOKS = np.float32(60)  # looks that the running mean remembers
TURN = 4  # well known cells are looked at again every so many frames
FAR = 5  # cells between the person and what is learned
NOISE = np.float32(3.0)  # grey levels: the least noise expected, added to the measured one
FITS = np.float32(2.0)  # noise units of colour distance up to which a cell speaks for background
FIT_LOW, FIT_HIGH = 0.6, 0.85  # share of the empty cells that fit: trusted not at all, fully
GAIN_LIMIT = 1.35  # a larger change of exposure is another light
DISTRUSTED_S = 0.5  # then it is learned afresh
LEARN_S = 3.0  # how long `learn` takes the picture for the empty room
PINNED_STRENGTH = np.float32(5.0)  # a plate learned on purpose speaks this much louder
PINNED_STEP = 2  # cells: then a cell counts together with four around it, or single cells would pierce a person
STRANGE = np.float32(1.5)  # log-odds for person of a cell that is surely not the room...
UNLIKELY = np.float32(0.1)  # ...where the network allows for a person at all: a shadow or a moved cup stays out
CORE = np.float32(0.97)  # calmed probability above which, for 2 cells around, the network is not contradicted
CORE_SIDE = 5
SAMPLE = 4  # the check looks at every so manieth cell both ways


class Plate:
    """mean (gh, gw, 3) 0..255 BGR, looks (gh, gw): the plate. trust 0..1 and gain (3,): how it fits this frame."""

    def __init__(self, height: int, width: int) -> None:
        self.mean: F32 = np.zeros((height, width, 3), np.float32)
        self.variance: F32 = np.zeros((height, width), np.float32)
        self.looks: F32 = np.zeros((height, width), np.float32)
        self.gain: F32 = np.ones(3, np.float32)
        self.trust = 0.0
        self._empty: U8 = np.zeros((height, width), np.uint8)
        self._turn = 0
        self._distrusted_since: int | None = None
        self._learning_since: int | None = None
        self._learn_next = False
        self._pinned = False

    @property
    def strength(self) -> float:
        """Weight of the evidence in this frame."""
        return self.trust * (float(PINNED_STRENGTH) if self._pinned else 1.0)

    @property
    def pinned(self) -> bool:
        """Learned on purpose: then it may overrule the network even where that is sure."""
        return self._pinned

    @property
    def learning(self) -> bool:
        """The picture is being taken for the empty room."""
        return self._learn_next or self._learning_since is not None

    def learn(self) -> None:
        """From the next frame on, for LEARN_S, take everything for the empty room."""
        self.forget()
        self._learn_next = True

    def forget(self) -> None:
        """Start again with nothing known."""
        self.looks[...] = 0
        self.trust = 0.0
        self.gain[...] = 1
        self._pinned = False
        self._learning_since, self._learn_next = None, False

    def check(self, small: U8, timestamp_ns: int) -> None:
        """Set trust and gain for the picture small (gh, gw, 3), from what was empty in the frame before."""
        total, fits, self.gain = _fit(small, self.mean, self.variance, self.looks, self._empty, self.gain)
        if total < 50:
            self.trust = 0.0
            return
        self.trust = float(np.clip((fits / total - FIT_LOW) / (FIT_HIGH - FIT_LOW), 0, 1))
        if self.trust > 0:
            self._distrusted_since = None
        elif self._distrusted_since is None:
            self._distrusted_since = timestamp_ns
        elif timestamp_ns - self._distrusted_since > DISTRUSTED_S * 1e9:
            self.forget()
            self._distrusted_since = None

    def update(self, small: U8, opinion: F32, timestamp_ns: int) -> None:
        """Learn from small (gh, gw, 3) where the network's calmed opinion (gh, gw) says nobody."""
        if self._learn_next:
            self._learning_since, self._learn_next, self._pinned = timestamp_ns, False, True
        if self._learning_since is not None and timestamp_ns - self._learning_since < LEARN_S * 1e9:
            self._empty[...] = 1
        else:
            self._learning_since = None
            height, width = opinion.shape
            person = cv2.resize(
                (opinion > 0.05).astype(np.uint8), (width // 2, height // 2), interpolation=cv2.INTER_AREA
            )
            person = cv2.dilate(person, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (FAR + 1, FAR + 1)))
            cv2.resize(1 - person, (width, height), dst=self._empty, interpolation=cv2.INTER_NEAREST)
        self._turn = (self._turn + 1) % TURN
        _learn(small, self.mean, self.variance, self.looks, self._empty, self.gain, self._turn)

    def weigh(self, small: U8, opinion: F32, box: Box, out: F32) -> None:
        """out (gh, gw) becomes opinion (gh, gw) plus the plate's evidence for small (gh, gw, 3), inside box; the rest
        of it is left alone."""
        core = cv2.erode((opinion > CORE).astype(np.uint8), np.ones((CORE_SIDE, CORE_SIDE), np.uint8))
        learned = self.mean, self.variance, self.looks, self.gain, np.float32(self.strength), self.pinned
        _weigh(small, opinion, core, *learned, out, *box)


# Beside a float32, a plain number would make a compiled loop count in float64, which takes twice the time.
ONE, TWO, THREE = np.float32(1), np.float32(2), np.float32(3)


@jit
def distance(colour, mean, variance, gain):  # type: ignore[no-untyped-def]
    """How far a cell's colour lies from its plate, in units of noise (1 is typical of the empty room)."""
    total = np.float32(0)
    for channel in range(3):
        difference = np.float32(colour[channel]) - mean[channel] * gain[channel]
        total += difference * difference
    return np.sqrt(total / (THREE * (variance + NOISE * NOISE)))


@jit
def _fit(small, mean, variance, looks, empty, gain):  # type: ignore[no-untyped-def]
    """(known empty cells sampled, how many of them fit, gain (3,)). The gain leaves out cells that do not fit."""
    now, then = np.zeros(3), np.zeros(3)
    for i in range(0, small.shape[0], SAMPLE):
        for j in range(0, small.shape[1], SAMPLE):
            if empty[i, j] and looks[i, j] >= KNOWN:
                for channel in range(3):
                    now[channel] += small[i, j, channel]
                    then[channel] += mean[i, j, channel]
    fresh = np.ones(3, np.float32)
    for channel in range(3):
        ratio = (now[channel] + 1) / (then[channel] + 1)
        fresh[channel] = min(max(ratio, 1 / GAIN_LIMIT), GAIN_LIMIT)
    total, fits = 0, 0
    for i in range(0, small.shape[0], SAMPLE):
        for j in range(0, small.shape[1], SAMPLE):
            if empty[i, j] and looks[i, j] >= KNOWN:
                total += 1
                if distance(small[i, j], mean[i, j], variance[i, j], fresh) < TWO * FITS:
                    fits += 1
    return total, fits, fresh


@jit
def _learn(small, mean, variance, looks, empty, gain, turn):  # type: ignore[no-untyped-def]
    for i in range(small.shape[0]):
        for j in range(small.shape[1]):
            seen = looks[i, j]
            if not empty[i, j] or (seen > TWO * KNOWN and (i + j) % TURN != turn):
                continue
            strange = seen >= KNOWN and distance(small[i, j], mean[i, j], variance[i, j], gain) > THREE * FITS
            if seen == 0 or strange:  # strange: something was put there or taken away
                for channel in range(3):
                    mean[i, j, channel] = np.float32(small[i, j, channel]) / gain[channel]
                variance[i, j] = NOISE * NOISE
                looks[i, j] = ONE
                continue
            seen = min(seen + ONE, LOOKS)
            looks[i, j] = seen
            square = np.float32(0)
            for channel in range(3):
                difference = np.float32(small[i, j, channel]) / gain[channel] - mean[i, j, channel]
                mean[i, j, channel] += difference / seen
                square += difference * difference
            variance[i, j] += (square / THREE - variance[i, j]) * min(ONE / seen, np.float32(0.2))


@jit
def _weigh(small, opinion, core, mean, variance, looks, gain, strength, pinned, matte, x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """matte (gh, gw) becomes opinion (gh, gw) plus the plate's evidence in log-odds, inside the box. core (gh, gw)
    uint8: where a plate that was not learned on purpose has no say."""
    low = np.float32(0.02 if pinned else 0.001)
    for i in range(y0, y1):
        for j in range(x0, x1):
            p = opinion[i, j]
            if p > 0 and strength > 0 and looks[i, j] >= KNOWN and (pinned or not core[i, j]):
                far = distance(small[i, j], mean[i, j], variance[i, j], gain)
                if pinned and far < FITS:
                    for n in range(4):
                        step = PINNED_STEP if n % 2 else -PINNED_STEP
                        a = min(max(i + (step if n < 2 else 0), 0), small.shape[0] - 1)
                        b = min(max(j + (0 if n < 2 else step), 0), small.shape[1] - 1)
                        far += distance(small[a, b], mean[a, b], variance[a, b], gain)
                    far /= np.float32(5)
                if far < FITS:
                    p = min(max(p, low), ONE - low)
                    odds = np.log(p / (ONE - p)) + strength * (far - FITS)
                    p = ONE / (ONE + np.exp(-odds))
                elif far > THREE * FITS and p > UNLIKELY and not pinned:
                    p = min(p, ONE - low)
                    p = ONE / (ONE + np.exp(-np.log(p / (ONE - p)) - strength * STRANGE))
            matte[i, j] = p
