"""The settings of one source as libobs stores them: read as a dict, changed as a person in the panel would.

Always through the weak reference, so that a source is never kept alive and its end is noticed. Any thread of ours.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional

from obs_bgremove.obs import missing_files
from obs_bgremove.shared.options import Value


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
            settings = self._lib.obs_source_get_settings(source)
            try:
                self.name = (self._lib.obs_source_get_name(source) or b"?").decode(errors="replace")
                text = self._lib.obs_data_get_json(settings) or b"{}"
                try:
                    stored = json.loads(text.decode(errors="surrogateescape"))
                except (ValueError, RecursionError):
                    stored = {}  # nested too deep, or numbers of thousands of digits: the defaults, then
                return stored if isinstance(stored, dict) else {}
            finally:
                self._lib.obs_data_release(settings)

    def text(self, key: str) -> Optional[str]:
        """One setting as it is stored at this moment, "" if it is not; None when the source is gone. So short that
        callbacks of OBS may ask: it takes no lock of libobs."""
        with self._source() as source:
            if not source:
                return None
            settings = self._lib.obs_source_get_settings(source)
            try:
                if not self._lib.obs_data_has_user_value(settings, key.encode()):
                    return ""
                value: bytes = self._lib.obs_data_get_string(settings, key.encode()) or b""
                return value.decode(errors="surrogateescape")
            finally:
                self._lib.obs_data_release(settings)

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
                self._lib.obs_source_update(source, data)
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
            settings = self._lib.obs_source_get_settings(source)
            try:
                for key, value in values.items():
                    encoded = value.encode(errors="surrogateescape")
                    self._lib.obs_data_set_default_string(settings, key.encode(), encoded)
            finally:
                self._lib.obs_data_release(settings)

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
    def _source(self) -> Iterator[Optional[int]]:
        source = self._lib.obs_weak_source_get_source(self._weak)
        try:
            yield source
        finally:
            if source:
                self._lib.obs_source_release(source)
