"""Exported files are proven before they get their names: class, signature, output, size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from perf.variants.jit_export import NotAsWritten, Written, check, export, file_bytes, run, whole
from perf.variants.torchscript import TorchScript
from perf.workloads.cosyvoice.conformer import ConformerEncoder
from perf.workloads.cosyvoice.transformer import NextPositions, TransformerEncoder
from perf.workloads.cosyvoice2.flow_encoder import FlowEncoder
from perf.workloads.jit_file import V1_LLM, V1_TEXT_ENCODER, V2_FLOW_ENCODER, JitFile
from perf.workloads.weights import build_seeded

# torch announces TorchScript's end on every call; it is what ships today.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

WIDTH = 32

TINY: dict[str, tuple[JitFile, Callable[[], torch.nn.Module]]] = {
    "v2 flow.encoder": (V2_FLOW_ENCODER, lambda: FlowEncoder(width=WIDTH, heads=2, feed_forward=64)),
    "v1 llm.llm": (V1_LLM, lambda: TransformerEncoder(width=WIDTH, heads=2, feed_forward=64, layers=2)),
    "v1 llm.text_encoder": (
        V1_TEXT_ENCODER,
        lambda: ConformerEncoder(inputs=WIDTH, width=WIDTH, heads=2, feed_forward=64, causal=True),
    ),
}


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def silent(what: str) -> None: ...


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Written]]:
    return {
        name: list(export(build_seeded(build), jit, tmp_path_factory.mktemp("to"), WIDTH, silent))
        for name, (jit, build) in TINY.items()
    }


@pytest.mark.parametrize("name", TINY)
def test_both_precisions_are_written_and_nothing_else(name: str, exported: dict[str, list[Written]]) -> None:
    jit, _ = TINY[name]
    names = [written.path.name for written in exported[name]]
    assert names == [f"{jit.stem}.fp32.zip", f"{jit.stem}.fp16.zip"]
    assert listed(exported[name][0].path.parent) == sorted(names)
    single, half = exported[name]
    assert single.rel_l2 is not None
    assert single.rel_l2 <= 1e-6
    assert half.rel_l2 is None or 1e-6 < half.rel_l2 < 2e-2, "half precision is another number"
    assert half.size_bytes < single.size_bytes == single.path.stat().st_size


def test_the_file_of_the_language_model_keeps_what_inference_calls(exported: dict[str, list[Written]]) -> None:
    """Loaded by the engine as a model directory's own file, it is the workload's function."""
    module = build_seeded(TINY["v1 llm.llm"][1])
    facts = {"signature": V1_LLM.methods["forward_chunk"], "called": "forward_chunk", "wrapper": V1_LLM.wrapper}
    call = TorchScript().load(exported["v1 llm.llm"][0].path, "cpu", facts)
    arguments = (torch.ones(1, 3, WIDTH), torch.zeros(0, 0, 0, 0), torch.ones(1, 3, 3, dtype=torch.bool).tril())
    with torch.inference_mode():
        for one, other in zip(call(*arguments), NextPositions(module)(*arguments), strict=True):
            torch.testing.assert_close(one, other, rtol=0.0, atol=1e-5)


def test_a_file_with_another_signature_is_not_measured(exported: dict[str, list[Written]]) -> None:
    facts = {"signature": V2_FLOW_ENCODER.methods["forward"], "called": "forward"}
    path = exported["v1 llm.text_encoder"][0].path
    with pytest.raises(RuntimeError, match=r"forward of llm\.text_encoder\.fp32\.zip takes xs: Tensor, .*, not xs"):
        TorchScript().load(path, "cpu", facts)
    with pytest.raises(RuntimeError, match=r"forward_chunk of llm\.text_encoder\.fp32\.zip takes nothing, not "):
        TorchScript().load(path, "cpu", {"signature": "xs: Tensor", "called": "forward_chunk"})


def saved(path: Path, module: torch.nn.Module, *, freeze: bool = True) -> Path:
    scripted = torch.jit.script(module)
    torch.jit.save(torch.jit.freeze(scripted) if freeze else scripted, str(path))
    return path


def test_what_is_not_as_written_is_found(tmp_path: Path) -> None:
    jit, build = TINY["v2 flow.encoder"]
    module = build_seeded(build)
    right = run(module, jit, WIDTH, torch.float32)

    def checked(path: Path, expected: JitFile = jit) -> Any:
        return check(path, "f.zip", expected, right, WIDTH, "fp32")

    good = saved(tmp_path / "good.zip", module)
    assert checked(good)[0] <= 1e-6
    with pytest.raises(NotAsWritten, match=r"forward of f\.zip takes xs: Tensor, .*, not xs: int"):
        checked(good, replace(jit, methods={"forward": "xs: int"}))
    with pytest.raises(NotAsWritten, match=r"f\.zip is not frozen: 206 of its tensors"):
        checked(saved(tmp_path / "soft.zip", module, freeze=False))
    module.get_parameter("after_norm.bias").add_(0.01)
    with pytest.raises(NotAsWritten, match=r"the output of f\.zip is .* from the float32 module's, above 1e-05"):
        checked(saved(tmp_path / "other.zip", module))
    module.get_parameter("after_norm.bias").fill_(float("nan"))
    with pytest.raises(NotAsWritten, match="is nan from"):
        checked(saved(tmp_path / "nan.zip", module))


def test_expected_bytes_are_those_of_weights_and_tables() -> None:
    """As published: 192.4 MB and 116.7 MB for the flow encoder at true size."""
    with torch.device("meta"):
        module = FlowEncoder()
    assert file_bytes(module) == pytest.approx(192.4e6, rel=2e-3)
    assert file_bytes(module.half()) == pytest.approx(116.7e6, rel=2e-3)


def test_a_file_of_another_size_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perf.variants.jit_export.file_bytes", lambda module: 1 << 30)
    jit, build = TINY["v1 llm.text_encoder"]
    with pytest.raises(
        NotAsWritten, match=r"llm\.text_encoder\.fp32\.zip has .* MB, where its tensors have 1073\.7 MB"
    ):
        next(export(build_seeded(build), jit, tmp_path, WIDTH, silent))
    assert listed(tmp_path) == []


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "flow.encoder.fp32.zip"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), whole(path) as draft:
        draft.write_text("half of")
        (tmp_path / "nowhere").read_text()
    assert (path.read_text(), listed(tmp_path)) == ("old", [path.name])
    killed = tmp_path / f".{path.name}.{2**22 + 1}.part"  # above what Linux gives to a process
    killed.write_text("half of")
    with whole(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), listed(tmp_path)) == ("new", [path.name])
