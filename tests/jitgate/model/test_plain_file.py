"""Files that are damaged in any way are an OSError or a ValueError, at once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jitgate.cache.kv_store import KeyValueStore
from jitgate.cache.store import ArtefactCache
from jitgate.model.plain_file import open_plain, read_json, read_plain

KEY = "way-0123456789abcdef0123"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FACTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("file", "size_bytes", "sha256", "export_s", "facts", "built_at", "signature"), JSON),
)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_pipes_devices_and_links_are_no_plain_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "zero", "loop", "folder", "nothing"):
        with pytest.raises(OSError, match=r"."):
            open_plain(tmp_path / name)
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="no ordinary file"):
            open_plain(path, follow=True)


def test_a_file_that_is_too_large_or_too_deep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("[" * 200_000)
    with pytest.raises(ValueError, match="deep"):
        read_json(tmp_path / "deep")
    with (tmp_path / "empty").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte that takes no room
    with pytest.raises(ValueError, match="larger than 100 bytes"):
        read_plain(tmp_path / "empty", 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(), JSON.map(lambda value: json.dumps(value).encode())))
def test_any_bytes_in_place_of_figures_are_no_figures(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.json").write_bytes(content)
    assert isinstance(KeyValueStore(tmp_path).find("key"), dict)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(manifest=st.one_of(st.binary(), JSON, FACTS))
def test_any_manifest_is_no_artefact(tmp_path: Path, manifest: Any) -> None:
    folder = tmp_path / KEY
    folder.mkdir(exist_ok=True)
    (folder / "model.pt").write_bytes(b"abc")
    content = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(content)
    found, warning = ArtefactCache(tmp_path).find(KEY)
    assert found is None
    assert warning is not None
    assert "is built again" in warning
