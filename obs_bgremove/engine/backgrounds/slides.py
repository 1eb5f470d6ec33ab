"""The slideshow: which background is on, and when the next one is due. Used under the lock of `Backgrounds`.

Its time is that of the frames, so it stands still while none come. It begins at the background that was chosen, and
again there whenever another one is chosen, or the same one once more (`restart`).
"""

from obs_bgremove.shared import backgrounds_folder
from obs_bgremove.shared.options import Options


class Slides:
    """`order` gives the names that follow; None while no slideshow runs."""

    def __init__(self) -> None:
        self.order: backgrounds_folder.Slideshow | None = None
        self._made_of: object = None
        self._name = ""
        self._began_ns: int | None = None

    def name(self, options: Options) -> str:
        """The background that is on: the one chosen, until a slide follows it."""
        made_of = (options.backgrounds_folder, options.background, options.shuffle) if options.slideshow_s else None
        if made_of != self._made_of:  # switched on or off, or another one was chosen: it begins there
            self._made_of, self._name, self._began_ns = made_of, "", None
            self.order = None
            if made_of is not None:
                self.order = backgrounds_folder.Slideshow(options.folder, options.background, options.shuffle)
        return self._name or options.background

    def moved_to(self, name: str) -> None:
        """This slide is on now."""
        self._name = name

    def restart(self) -> None:
        """From the chosen one on."""
        self._made_of = None

    def due(self, clock_ns: int, every_s: int) -> bool:
        """Whether it is time for the next one; asked once the one that is on can be seen."""
        if self.order is None:
            return False
        if self._began_ns is None:
            self._began_ns = clock_ns
        return clock_ns - self._began_ns >= every_s * 1_000_000_000

    def turned(self, clock_ns: int) -> None:
        """The next one is being read: its time begins."""
        self._began_ns = clock_ns
