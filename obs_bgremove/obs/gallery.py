"""The chosen background and its neighbours as small pictures: a piece of rich text for the panel. Pure."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

SHOWN = 5
HEIGHT = 54  # px; five pictures of 16:9 then fit into the window that OBS opens
_MARK = "#2a82da"


def neighbours(names: Sequence[str], chosen: str) -> list[str]:
    """Up to SHOWN names with the chosen one in the middle, wrapping round; all in order when there are no more."""
    if len(names) <= SHOWN or chosen not in names:
        return list(names[:SHOWN])
    first = names.index(chosen) - SHOWN // 2
    return [names[(first + place) % len(names)] for place in range(SHOWN)]


def rich_text(names: Sequence[str], chosen: str, thumbnails: Mapping[str, Path]) -> str:
    """A row of pictures, the chosen one marked; "" when there is nothing to see."""
    shown = neighbours(names, chosen)
    if not any(name in thumbnails for name in shown):
        return ""
    cells = []
    for name in shown:
        mark = f' bgcolor="{_MARK}"' if name == chosen else ""
        if name in thumbnails:
            address = html.escape(thumbnails[name].absolute().as_uri())
            inside = f'<img src="{address}" height="{HEIGHT}">'
        else:
            inside = html.escape(name if len(name) < 16 else f"{name[:15]}…")
        cells.append(f'<td{mark} align="center" valign="middle">{inside}</td>')
    return f'<table cellpadding="3"><tr>{"".join(cells)}</tr></table>'
