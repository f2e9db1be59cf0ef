"""Exported files are proven before they get their names: class, signature, output, size."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.engines.torchscript import TorchScript
from jitgate.workloads.checkpoint_spec import PretrainedFile
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.export.jit_export import NotAsWritten, Written, check, export, file_bytes, run, whole
from jitgate_cosyvoice.jit_files import V1_LLM, V2_FLOW_ENCODER
from jitgate_cosyvoice.v1.transformer import NextPositions, TransformerEncoder
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder

from tests.jitgate.engines.standins import WIDTH, Plain, standin

# torch announces TorchScript's end on every call; it is what ships today.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def one_layer() -> TransformerEncoder:
    return TransformerEncoder(width=32, heads=2, feed_forward=64, layers=1)


TINY: dict[str, tuple[PretrainedFile, Callable[[], torch.nn.Module]]] = {
    "v2 flow.encoder": (V2_FLOW_ENCODER, lambda: FlowEncoder(width=32, heads=2, feed_forward=64)),
    "v1 llm.llm": (V1_LLM, one_layer),
}

PLAIN = standin(V2_FLOW_ENCODER)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def silent(what: str) -> None: ...


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Written]]:
    return {
        name: list(export(build_seeded(build), jit, tmp_path_factory.mktemp("to"), 32, silent))
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
    if half.unchecked:
        assert half.rel_l2 is None
    else:
        assert half.rel_l2 is not None
        assert 1e-6 < half.rel_l2 < 2e-2, "half precision is another number"
    assert half.size_bytes < single.size_bytes == single.path.stat().st_size


def test_a_process_without_jitgate_loads_them(exported: dict[str, list[Written]], tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys, torch
        for path in sys.argv[1:]:
            module = torch.jit.load(path)
            xs = torch.ones(1, 7, 32, dtype=torch.float16 if "fp16" in path else torch.float32)
            out = module(xs, torch.tensor([7]))[0]
            assert out.dtype is xs.dtype and out.isfinite().all() and not list(module.parameters())
            assert hasattr(module, "forward_chunk") == ("llm.llm" in path)
        assert not [name for name in sys.modules if name.split(".")[0] in ("jitgate", "jitgate_cosyvoice")]
        print(len(sys.argv) - 1)
        """
    )
    paths = [str(written.path) for files in exported.values() for written in files]
    done = subprocess.run([sys.executable, "-c", script, *paths], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("4", 0), done.stderr


def test_the_file_of_the_language_model_keeps_what_inference_calls(exported: dict[str, list[Written]]) -> None:
    """Loaded by the engine as a model directory's own file, it is the workload's function."""
    module = build_seeded(one_layer)
    facts = {"signature": V1_LLM.methods["forward_chunk"], "called": "forward_chunk", "wrapper": V1_LLM.wrapper}
    call = TorchScript().load(exported["v1 llm.llm"][0].path, "cpu", facts)
    arguments = (torch.ones(1, 3, 32), torch.zeros(0, 0, 0, 0), torch.ones(1, 3, 3, dtype=torch.bool).tril())
    with torch.inference_mode():
        for one, other in zip(call(*arguments), NextPositions(module)(*arguments), strict=True):
            torch.testing.assert_close(one, other, rtol=0.0, atol=1e-5)


def test_a_file_with_another_signature_is_not_measured(exported: dict[str, list[Written]]) -> None:
    path = exported["v1 llm.llm"][0].path
    with pytest.raises(
        RuntimeError,
        match=r"forward of llm\.llm\.fp32\.zip takes xs: Tensor, .*, but the vendor's own code calls it with xs",
    ):
        TorchScript().load(path, "cpu", {"signature": V2_FLOW_ENCODER.methods["forward"], "called": "forward"})
    with pytest.raises(RuntimeError, match=r"forward_later of llm\.llm\.fp32\.zip takes nothing, but the vendor's own"):
        TorchScript().load(path, "cpu", {"signature": "xs: Tensor", "called": "forward_later"})


def saved(path: Path, module: torch.nn.Module, *, freeze: bool = True) -> Path:
    scripted = torch.jit.script(module)
    torch.jit.save(torch.jit.freeze(scripted) if freeze else scripted, str(path))
    return path


def test_what_is_not_as_written_is_found(tmp_path: Path) -> None:
    module = build_seeded(Plain)
    right = run(module, PLAIN, WIDTH, torch.float32)

    def checked(path: Path, expected: PretrainedFile = PLAIN) -> Any:
        return check(path, "f.zip", expected, right, WIDTH, "fp32")

    good = saved(tmp_path / "good.zip", module)
    assert checked(good)[0] <= 1e-6
    with pytest.raises(NotAsWritten, match=r"forward of f\.zip takes xs: Tensor, xs_lens: Tensor, not xs: int"):
        checked(good, replace(PLAIN, methods={"forward": "xs: int"}))
    with pytest.raises(NotAsWritten, match=r"forward_chunk of f\.zip takes nothing, not xs: Tensor, offset: int"):
        checked(good, standin(V1_LLM))
    with pytest.raises(NotAsWritten, match=r"f\.zip is not frozen: 2 of its tensors are still parameters"):
        checked(saved(tmp_path / "soft.zip", module, freeze=False))
    module.out.bias.add_(0.1)
    with pytest.raises(NotAsWritten, match=r"the output of f\.zip is .* from the float32 module's, above 1e-05"):
        checked(saved(tmp_path / "other.zip", module))
    module.out.bias.fill_(float("nan"))
    with pytest.raises(NotAsWritten, match="is nan from"):
        checked(saved(tmp_path / "nan.zip", module))


def test_expected_bytes_are_those_of_weights_and_tables() -> None:
    """As published: 192.4 MB and 116.7 MB for the flow encoder at true size."""
    with torch.device("meta"):
        module = FlowEncoder()
    assert file_bytes(module) == pytest.approx(192.4e6, rel=2e-3)
    assert file_bytes(module.half()) == pytest.approx(116.7e6, rel=2e-3)


def test_a_file_of_another_size_gets_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitgate_cosyvoice.export.jit_export.file_bytes", lambda module: 1 << 30)
    with pytest.raises(NotAsWritten, match=r"flow\.encoder\.fp32\.zip has 1\.\d MB, where its tensors have 1073\.7 MB"):
        next(export(build_seeded(Plain), PLAIN, tmp_path, WIDTH, silent))
    assert listed(tmp_path) == []


def test_a_machine_without_half_precision_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = run

    def lacking(module: Any, jit: PretrainedFile, width: int, dtype: torch.dtype) -> list[torch.Tensor]:
        if dtype is torch.float16:
            raise RuntimeError("Traceback of TorchScript\n\"addmm_impl_cpu_\" not implemented for 'Half'")
        return real(module, jit, width, dtype)

    monkeypatch.setattr("jitgate_cosyvoice.export.jit_export.run", lacking)
    single, half = export(build_seeded(Plain), PLAIN, tmp_path, WIDTH, silent)
    assert single.rel_l2 == 0.0
    assert half.rel_l2 is None
    assert half.unchecked.startswith('not run, because this processor\'s torch lacks half precision ("addmm_impl_cpu_"')
    assert half.path.exists()


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "flow.encoder.fp32.zip"
    path.write_text("old")
    with pytest.raises(NotAsWritten), whole(path) as draft:
        _write_and_fail(draft)
    assert (path.read_text(), listed(tmp_path)) == ("old", [path.name])
    killed = tmp_path / f".{path.name}.{2**22 + 1}.part"  # above what Linux gives to a process
    killed.write_text("half of")
    with whole(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), listed(tmp_path)) == ("new", [path.name])


def _write_and_fail(draft: Path) -> None:
    draft.write_text("half of")
    raise NotAsWritten("it has half its size")
