"""Which releases of transformers the language model runs on, and what is said of all others."""

from __future__ import annotations

import sys
import types
from importlib import metadata
from typing import Any

import pytest
from jitgate.model.errors import Unavailable
from jitgate_cosyvoice.v2.transformers_versions import imported, pairs_of, resumed, rotary, unsuitable


@pytest.mark.parametrize("version", ["4.51.0", "4.51.3", "5.23.0", "5.24.1.dev0", "6.0.0"])
def test_versions_that_will_do(version: str) -> None:
    assert unsuitable(version) == ""


@pytest.mark.parametrize("version", ["4.40.1", "4.50.3", "4.52.0", "4.57.1", "5.0.0", "5.22.0", "unknown"])
def test_versions_that_will_not(version: str) -> None:
    said = unsuitable(version)
    assert f"needs transformers >= 5.23, or 4.51 as CosyVoice pins it, and {version} is installed" in said
    assert "\n" not in said


def stand_in(version: str, **more: Any) -> types.ModuleType:
    module = types.ModuleType("transformers")
    vars(module).update(__version__=version, **more)
    return module


def test_another_version_is_unavailable_whatever_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", stand_in("4.40.0", Qwen2Config=1, Qwen2ForCausalLM=1))
    with pytest.raises(Unavailable, match=r"and 4\.40\.0 is installed"):
        imported()
    monkeypatch.setattr(metadata, "version", lambda name: "4.39.0")
    monkeypatch.setitem(sys.modules, "transformers", stand_in("4.39.0"))
    with pytest.raises(Unavailable, match=r"and 4\.39\.0 is installed"):
        imported()


def test_what_is_not_there_or_damaged_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setattr(metadata, "version", lambda name: "5.23.0")
    with pytest.raises(Unavailable, match=r"which is installed \(5\.23\.0\) and can't be loaded"):
        imported()

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(Unavailable, match=r"which is not installed .*pip install \"jitgate\[llm\]\"$"):
        imported()


class OldCache:
    """As 4.51 has it."""

    def __init__(self) -> None:
        self.key_cache: list[str] = []
        self.value_cache: list[str] = []


def test_the_cache_of_4_51(monkeypatch: pytest.MonkeyPatch) -> None:
    cache_utils = types.ModuleType("transformers.cache_utils")
    vars(cache_utils)["DynamicCache"] = OldCache
    monkeypatch.setitem(sys.modules, "transformers.cache_utils", cache_utils)
    monkeypatch.setitem(sys.modules, "transformers", stand_in("4.51.3"))
    pairs: Any = (("k0", "v0"), ("k1", "v1"))
    cache = resumed(pairs)
    assert (cache.key_cache, cache.value_cache) == (["k0", "k1"], ["v0", "v1"])
    assert pairs_of(cache) == pairs


def test_the_frequencies_are_named_as_each_version_reads_them() -> None:
    assert rotary(7.0, "4.51.3") == {"rope_theta": 7.0}
    assert rotary(7.0, "5.23.0") == {"rope_parameters": {"rope_type": "default", "rope_theta": 7.0}}
