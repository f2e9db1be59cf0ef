"""What a model directory gives a crew: files by content, and TorchScript files that are used as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perf.errors import UsageProblem
from perf.variants.registry import shipped_variants
from perf.workers.cache import ArtefactCache
from perf.workers.directory import contents_of, ready_made
from perf.workloads.origin import OURS, Origin
from perf.workloads.registry import shipped_workloads
from tests.workers.test_crew import Silent

ENCODER = shipped_workloads()["cosyvoice2.flow_encoder"]
TORCHSCRIPT = shipped_variants()["torchscript"]


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path / "cache")
    (tmp_path / "flow.pt").write_bytes(b"one")
    origin = Origin(tmp_path, None, ("flow.pt",))
    contents, notes = contents_of(origin, cache, Silent())
    assert list(contents) == ["flow.pt"]
    assert notes == (f"weights of {tmp_path}: flow.pt ({contents['flow.pt'][:12]})",)
    (tmp_path / "flow.pt").write_bytes(b"two")
    assert contents_of(origin, cache, Silent())[0] != contents
    assert contents_of(OURS, cache, Silent()) == ({}, ())
    (tmp_path / "flow.pt").unlink()
    with pytest.raises(UsageProblem, match=r"flow\.pt can't be read"):
        contents_of(origin, cache, Silent())


def test_the_directory_s_own_file_stands_for_torchscript(tmp_path: Path) -> None:
    spec = replace(ENCODER, origin=Origin(tmp_path, None, ("flow.pt",)))
    assert ready_made(spec, TORCHSCRIPT) is None, "it is not there"
    (tmp_path / "flow.encoder.fp32.zip").write_bytes(b"12345")
    found = ready_made(spec, TORCHSCRIPT)
    assert found is not None
    assert (found.path.name, found.size_bytes) == ("flow.encoder.fp32.zip", 5)
    assert found.facts["signature"].endswith("streaming: bool")
    assert found.note == "torchscript is the directory's own flow.encoder.fp32.zip"
    assert ready_made(spec, replace(TORCHSCRIPT, precision="fp16")) is None
    assert ready_made(spec, shipped_variants()["inductor"]) is None
    assert ready_made(ENCODER, TORCHSCRIPT) is None
    assert ready_made(replace(spec, share=None), TORCHSCRIPT) is None
