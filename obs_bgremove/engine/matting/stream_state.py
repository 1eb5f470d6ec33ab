"""What `Matting` keeps of a stream from frame to frame: owned by it, used on its thread and its helper's."""

from dataclasses import dataclass, field

import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.matting.attention import Attention
from obs_bgremove.engine.matting.clean_plate import Plate
from obs_bgremove.engine.matting.disturbance import Disturbance
from obs_bgremove.engine.matting.edge import Edge
from obs_bgremove.engine.matting.face_memory import FaceMemory
from obs_bgremove.engine.matting.hesitation import Hesitation
from obs_bgremove.engine.matting.liveness import Liveness
from obs_bgremove.engine.matting.matte import Matte
from obs_bgremove.engine.matting.motion import Motion
from obs_bgremove.engine.matting.person_crop import Box
from obs_bgremove.engine.matting.person_tracking import PersonTracker
from obs_bgremove.engine.matting.regions import Regions
from obs_bgremove.engine.matting.temporal import Smoother
from obs_bgremove.shared.options import Options


@dataclass
class Unjudged:
    """A frame of which is not known yet who lives."""

    opinion: F32  # (by, bx), before any veto
    calm: U8
    looked: list[Box]
    faces: list[Box]
    timestamp_ns: int


@dataclass
class StreamState:
    """Everything that lives from frame to frame, and depends on the frame's size."""

    cell: int
    height: int
    width: int
    tracker: PersonTracker = field(init=False)
    smoother: Smoother = field(init=False)
    plate: Plate = field(init=False)
    regions: Regions = field(init=False)
    motion: Motion = field(init=False)
    liveness: Liveness = field(init=False)
    hesitation: Hesitation = field(init=False)
    disturbance: Disturbance = field(init=False)
    attention: Attention = field(init=False)
    edge: Edge = field(init=False)
    matte: Matte = field(init=False)
    probability: F32 = field(init=False)  # the network's opinion of this frame...
    before: F32 = field(init=False)  # ...of the last...
    earlier: F32 = field(init=False)  # ...and of the one before that
    looked: list[Box] = field(default_factory=list)  # where the network looked for this frame
    faces: FaceMemory = field(init=False)
    ask_at: int = 0  # frame from which on a second opinion may be asked for again
    seen: U8 | None = None  # the last frame's grid
    unjudged: Unjudged | None = None
    stirs: bool = False  # the scout was sent because something moves there
    looks: int = 0  # frames that the network looked at
    options: Options | None = None  # of the last look

    def __post_init__(self) -> None:
        shape = (self.height, self.width)
        self.tracker, self.smoother = PersonTracker(*shape), Smoother(*shape)
        self.plate, self.regions, self.edge = Plate(*shape), Regions(*shape), Edge(*shape)
        self.motion = Motion((self.height + 1) // 2, (self.width + 1) // 2)
        self.liveness = Liveness(self.motion.shape, *shape)
        self.hesitation = Hesitation(*shape, self.motion.shape)
        self.attention = Attention((self.height + 1) // 2, (self.width + 1) // 2)
        self.faces = FaceMemory(*shape)
        self.disturbance = Disturbance(self.motion.shape, *shape)
        self.probability, self.before, self.earlier = np.zeros((3, *shape), np.float32)
        self.matte = Matte(
            self.cell,
            np.zeros(shape, np.float32),
            np.zeros((*shape, 3), np.float32),
            np.zeros((*shape, 3), np.float32),
        )
