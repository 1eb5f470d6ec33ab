"""The settings of one source as libobs stores them: read as a dict, changed as a person in the panel would.

Always through the weak reference, so that a source is never kept alive and its end is noticed. Any thread of ours.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional

from obs_bgremove.obs import missing_files
from obs_bgremove.shared.options import Value

# Held while something of ours is in the settings that a source lives by: libobs guards them by nothing. Two threads in
# `obs_data_get_json` free the same text, and a value that grows moves in memory under whoever reads it. Only functions
# of libobs that take no lock are called meanwhile, as callbacks of OBS wait for this one.
LIVE = threading.Lock()


class StoredSettings:
    """A source's settings and name."""

    def __init__(self, lib: Any, weak: int) -> None:
        self.name = "?"
        self._lib, self._weak = lib, weak

    def read(self) -> Optional[dict[str, Any]]:
        """What is stored, without defaults; None when the source is gone."""
        with self._source() as source:
            if not source:
                return None
            self.name = (self._lib.obs_source_get_name(source) or b"?").decode(errors="replace")
            # Of a copy: libobs keeps the text in the object that it is asked of, where OBS or another script may ask.
            copy = self._lib.obs_data_create()
            try:
                with self._live(source) as settings:
                    self._lib.obs_data_apply(copy, settings)
                text = self._lib.obs_data_get_json(copy) or b"{}"
            finally:
                self._lib.obs_data_release(copy)
        try:
            stored = json.loads(text.decode(errors="surrogateescape"))
        except (ValueError, RecursionError):
            stored = {}  # nested too deep, or numbers of thousands of digits: the defaults, then
        return stored if isinstance(stored, dict) else {}

    def text(self, key: str) -> Optional[str]:
        """One setting as it is stored at this moment, "" if it is not; None when the source is gone. So short that
        callbacks of OBS may ask: it takes no lock of libobs, and waits for nobody who does."""
        with self._source() as source:
            if not source:
                return None
            with self._live(source) as settings:
                if not self._lib.obs_data_has_user_value(settings, key.encode()):
                    return ""
                value: bytes = self._lib.obs_data_get_string(settings, key.encode()) or b""
            return value.decode(errors="surrogateescape")

    def write(self, **values: Value) -> None:
        """Changes some settings; OBS then calls `update`. An open panel shows them. A number is stored as what it is:
        0.0 for a row of kind float, 0 for one of kind int."""
        with self._source() as source:
            if not source:
                return
            data = self._lib.obs_data_create()
            try:
                for key, value in values.items():
                    self._set(data, key.encode(), value)
                with LIVE:
                    self._lib.obs_source_update(source, data)  # calls nothing of ours: `update` comes with a frame
                self._lib.obs_source_update_properties(source)
            finally:
                self._lib.obs_data_release(data)

    def _set(self, data: int, key: bytes, value: Value) -> None:
        if isinstance(value, bool):
            self._lib.obs_data_set_bool(data, key, value)
        elif isinstance(value, int):
            self._lib.obs_data_set_int(data, key, value)
        elif isinstance(value, float):
            self._lib.obs_data_set_double(data, key, value)
        else:
            self._lib.obs_data_set_string(data, key, value.encode(errors="surrogateescape"))

    def set_defaults(self, values: Mapping[str, str]) -> None:
        """Values for what is not stored, shown in the panel as well. OBS does not save them."""
        with self._source() as source:
            if not source:
                return
            with self._live(source) as settings:
                for key, value in values.items():
                    encoded = value.encode(errors="surrogateescape")
                    self._lib.obs_data_set_default_string(settings, key.encode(), encoded)

    def add_missing(self, files: int, relocated: Any) -> None:
        """Puts what is gone of the files that are stored into an obs_missing_files_t: see missing_files.py."""
        stored = self.read()
        with self._source() as source:
            if source and stored is not None:
                missing_files.add(self._lib, files, source, relocated, stored)

    def refresh_panel(self) -> None:
        """Rebuilds the panel, if it is open. Never from a callback of the panel."""
        with self._source() as source:
            if source:
                self._lib.obs_source_update_properties(source)

    @contextmanager
    def _live(self, source: int) -> Iterator[int]:
        """The settings that the source lives by, for as long as nobody else of ours uses them."""
        settings = self._lib.obs_source_get_settings(source)
        try:
            with LIVE:
                yield settings
        finally:
            self._lib.obs_data_release(settings)

    @contextmanager
    def _source(self) -> Iterator[Optional[int]]:
        source = self._lib.obs_weak_source_get_source(self._weak)
        try:
            yield source
        finally:
            if source:
                self._lib.obs_source_release(source)
