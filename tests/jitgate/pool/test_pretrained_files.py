"""What a model directory gives a pool: files by content, and TorchScript files that are used as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from jitgate.cache.store import ArtefactCache
from jitgate.engines.builtin import built_in
from jitgate.engines.torchscript import deprecation_known
from jitgate.model.errors import UsageError
from jitgate.pool.binding import bind
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import make_ready
from jitgate.pool.pretrained_files import contents_of, pretrained_file
from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.checkpoint_spec import CheckpointSpec, PretrainedFile
from jitgate.workloads.spec import WorkloadSpec
from jitgate.workloads.weight_source import OURS, WeightSource
from jitgate_cosyvoice.registry import shipped_workloads

from tests.jitgate.pool.models import Tiny
from tests.jitgate.pool.test_pool import Silent

ENCODER = shipped_workloads()["cosyvoice2.flow_encoder"]
TORCHSCRIPT = built_in().variants["torchscript"]


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path / "cache")
    (tmp_path / "flow.pt").write_bytes(b"one")
    origin = WeightSource(tmp_path, None, ("flow.pt",))
    contents, notes = contents_of(origin, cache, Silent())
    assert list(contents) == ["flow.pt"]
    assert notes == (f"weights of {tmp_path}: flow.pt ({contents['flow.pt'][:12]})",)
    (tmp_path / "flow.pt").write_bytes(b"two")
    assert contents_of(origin, cache, Silent())[0] != contents
    assert contents_of(OURS, cache, Silent()) == ({}, ())
    (tmp_path / "flow.pt").unlink()
    with pytest.raises(UsageError, match=r"flow\.pt can't be read"):
        contents_of(origin, cache, Silent())


def test_the_directory_s_own_file_stands_for_torchscript(tmp_path: Path) -> None:
    spec = replace(ENCODER, weight_source=WeightSource(tmp_path, None, ("flow.pt",)))
    assert pretrained_file(spec, TORCHSCRIPT) is None, "it is not there"
    (tmp_path / "flow.encoder.fp32.zip").write_bytes(b"12345")
    found = pretrained_file(spec, TORCHSCRIPT)
    assert found is not None
    assert (found.path.name, found.size_bytes) == ("flow.encoder.fp32.zip", 5)
    assert found.facts["signature"].endswith("streaming: bool")
    assert found.note == "torchscript is the directory's own flow.encoder.fp32.zip"
    assert pretrained_file(spec, replace(TORCHSCRIPT, precision="fp16")) is None
    assert pretrained_file(spec, built_in().variants["inductor"]) is None
    assert pretrained_file(spec, replace(TORCHSCRIPT, name="torchscript+ofi")) is None
    (tmp_path / "flow.encoder.fp16.zip").write_bytes(b"123")
    half = pretrained_file(spec, replace(TORCHSCRIPT, name="torchscript+fp16", precision="fp16"))
    assert half is not None
    assert half.path.name == "flow.encoder.fp16.zip"
    assert pretrained_file(ENCODER, TORCHSCRIPT) is None
    assert pretrained_file(replace(spec, checkpoint_spec=None), TORCHSCRIPT) is None


def tiny_directory(path: Path) -> Path:
    """A model directory for `models.Tiny`: weights other than its factory's, and the file that was exported of them."""
    path.mkdir()
    torch.manual_seed(7)
    module = Tiny()
    torch.save({f"part.{name}": value for name, value in module.state_dict().items()}, path / "tiny.pt")
    with deprecation_known():
        torch.jit.save(torch.jit.freeze(torch.jit.script(module.eval())), str(path / "tiny.fp32.zip"))
    return path


@pytest.mark.slow
def test_a_pool_runs_on_the_weights_and_the_file_of_a_directory(tmp_path: Path) -> None:
    directory = tiny_directory(tmp_path / "model")
    jit = PretrainedFile(
        "tiny", "", "", CheckpointPart("tiny.pt", "part."), 64, 64, {"forward": "x: Tensor, scale: int"}
    )
    spec = WorkloadSpec(
        "tiny",
        "tests.jitgate.pool.models:loading_factory",
        ("short",),
        ("eager", "torchscript"),
        weight_source=WeightSource(directory, None, ("tiny.pt",)),
        checkpoint_spec=CheckpointSpec(("tiny.pt",), jit=jit),
    )
    variants = built_in().variants
    with WorkerPool(spec, "cpu", Silent(), timeout_s=120.0) as pool:
        cache = ArtefactCache(tmp_path / "cache")
        ready = make_ready(pool, [variants["eager"], variants["torchscript"]], ["short"], cache, Silent())
        assert [str(worker.failure) for worker in pool.workers.values() if worker.failure] == []
        found = bind(pool, "short", ready.cold_start)["torchscript"]
    assert found.fallback is None
    assert found.accuracy is not None
    assert found.accuracy.rel_l2 < 1e-6, "both have the weights of the directory, or they would not be equal"
    assert ready.notes[1] == "torchscript is the directory's own tiny.fp32.zip"
    assert ready.cold_start["torchscript"].artefact_bytes == (directory / "tiny.fp32.zip").stat().st_size
    assert not list((tmp_path / "cache").glob("torchscript-*")), "nothing was exported"
