"""A few figures of earlier runs, by content, in a folder of the cache."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jitgate.model.plain_file import read_json


class KeyValueStore:
    """One small JSON file a key. What can't be read counts as nothing; a folder that can't be written keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Mapping[str, Any]:
        """The values under `key`; empty where there are none."""
        try:
            values = read_json(self._folder / f"{key}.json")
        except (OSError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}

    def keep(self, key: str, values: Mapping[str, Any]) -> None:
        """Remember it, in place of what was known before."""
        draft = self._folder / f"{key}.draft-{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(values), encoding="utf-8")
            draft.replace(self._folder / f"{key}.json")
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
