"""ONNX Runtime: its provider is the one that was asked for, and on a card it writes into torch's own memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.graph.onnx_graph import (
    LARGEST,
    _with_finite_constants,
    _with_wide_indices,
    assembly,
    export_onnx,
    missing_exporter,
)
from jitgate.engines.onnxruntime import CPU, CUDA, CardSession, OnnxRuntime, Session
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs
from torch.utils import _pytree

from tests.jitgate.engines.graph.rewriting import Steps

ONE = {"inputs": json.dumps(["x", None, "y"]), "answer": assembly(_pytree.tree_structure(0))}


class FakeBinding:
    def __init__(self) -> None:
        self.inputs: list[tuple[Any, ...]] = []
        self.outputs: list[tuple[Any, ...]] = []

    def bind_input(self, *where: Any) -> None:
        self.inputs.append(where)

    def bind_output(self, *where: Any) -> None:
        self.outputs.append(where)

    def synchronize_inputs(self) -> None: ...

    def copy_outputs_to_cpu(self) -> list[Any]:
        return [np.zeros((5, 2), dtype=np.float16)]


class FakeSession:
    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.bindings: list[FakeBinding] = []

    def get_providers(self) -> list[str]:
        return [self.provider]

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="y"), SimpleNamespace(name="x")]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="out")]

    def run(self, names: None, given: dict[str, Any]) -> list[Any]:
        return [given["x"] - given["y"]]

    def io_binding(self) -> FakeBinding:
        self.bindings.append(FakeBinding())
        return self.bindings[-1]

    def run_with_iobinding(self, binding: FakeBinding) -> None: ...


def test_inputs_are_found_by_name_whatever_their_order() -> None:
    run = Session(FakeSession(CPU), CPU, ONE)
    assert run(torch.full((2,), 3.0), "plain", torch.full((2,), 1.0)).tolist() == [2.0, 2.0]


def test_a_silent_fall_back_is_found_out() -> None:
    assert Session(FakeSession(CPU), CPU, ONE).proof() is None
    said = Session(FakeSession(CPU), CUDA, ONE).proof()
    assert said == f"ONNX Runtime fell back: {CUDA} was asked for, and {CPU} runs the session"


def test_a_build_without_the_provider_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(get_available_providers=lambda: [CPU])
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    with pytest.raises(Unavailable, match=f"no {CUDA} .it has {CPU}.; for a card get it with"):
        OnnxRuntime().load(Path("x.onnx"), "cuda:0", ONE)


class InvalidGraph(Exception):
    """Stands for ONNX Runtime's."""


def test_a_graph_that_onnx_forbids_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *settings: object, **named: object) -> None:
        where = f"[ONNXRuntimeError] : 10 : INVALID_GRAPH : Load model from {path} failed:"
        raise InvalidGraph(f"{where}Type 'tensor(int32)' of ScatterND is invalid.")

    fake = SimpleNamespace(
        get_available_providers=lambda: [CPU],
        SessionOptions=lambda: SimpleNamespace(add_session_config_entry=lambda name, value: None),
        InferenceSession=refuse,
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    with pytest.raises(Unavailable) as caught:
        OnnxRuntime().load(Path("/long/way/x.onnx"), "cpu", ONE)
    said = "ONNX Runtime can't carry this model: InvalidGraph: Type 'tensor(int32)' of ScatterND is invalid"
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith("; change the model there, or leave the variant out")


def test_on_a_card_outputs_are_torchs_memory() -> None:
    session = FakeSession(CUDA)
    run = CardSession(session, CUDA, ONE, number=1)
    x, y = torch.zeros(5, 2).half(), torch.zeros(5, 2).half()
    for _ in range(2):
        output = run(x, "plain", y)
    sizing, *timed = session.bindings
    assert len(timed) == 2, "sizes are asked for once a shape"
    assert sizing.outputs == [("out", "cpu")]
    name, device, number, dtype, shape, address = timed[-1].outputs[0]
    assert (name, device, number, dtype, shape) == ("out", "cuda", 1, np.float16, (5, 2))
    assert address == output.data_ptr()
    assert [each[0] for each in timed[-1].inputs] == ["y", "x"]
    assert timed[-1].inputs[1][5] == x.data_ptr()


def test_weights_beyond_one_file_are_refused_before_the_export(tmp_path: Path) -> None:
    with torch.device("meta"):
        huge = torch.nn.Linear(1 << 16, LARGEST // (4 << 16) + 1, bias=False)
    with pytest.raises(Unavailable, match="one ONNX file holds 2 GiB"):
        export_onnx(huge, [(torch.zeros(1),)], tmp_path / "x.onnx")


def test_a_second_file_is_refused_and_weights_of_two_names_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exporter begins one by itself where weights are large: here, from the first byte on."""
    pytest.importorskip("onnxscript", reason="the extra `onnx` is not installed")
    monkeypatch.setattr("torch.onnx._internal.exporter._onnx_program._LARGE_MODEL_THRESHOLD", 0)
    monkeypatch.setattr("jitgate.engines.graph.onnx_graph.LARGEST", 300)
    tied = torch.nn.Sequential(torch.nn.Linear(8, 8, bias=False), torch.nn.Linear(8, 8, bias=False))
    tied[1].weight = tied[0].weight  # 256 bytes
    with pytest.raises(Unavailable, match="into a second file"):
        export_onnx(tied.eval(), [(torch.zeros(3, 8),), (torch.zeros(5, 8),)], tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_what_writing_onnx_takes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert missing_exporter() == (
        'to write ONNX takes onnx and onnxscript; get it with python -m pip install "jitgate[onnx]"'
    )


class Inverse(torch.nn.Module):
    """The last step of a vocoder: a spectrum (1, 9, T) becomes a signal."""

    def forward(self, real: torch.Tensor, imaginary: torch.Tensor) -> torch.Tensor:
        window = torch.hann_window(16)
        signal: torch.Tensor = torch.istft(torch.complex(real, imaginary), 16, 4, 16, window=window)
        return signal


@pytest.fixture(scope="module")
def spectra() -> list[Inputs]:
    torch.manual_seed(0)
    return [(torch.randn(1, 9, frames), torch.randn(1, 9, frames)) for frames in (5, 9)]


def test_an_inverse_transform_is_added_up_by_indices_that_onnx_takes(spectra: list[Inputs]) -> None:
    with torch.no_grad():
        program = _with_wide_indices(captured(Inverse(), spectra))
    indices = [
        index.meta["val"].dtype
        for node in program.graph.nodes
        if node.target is torch.ops.aten.index_put.default
        for index in node.args[1]
        if index is not None
    ]
    assert indices
    assert set(indices) == {torch.int64}
    for call in spectra:
        torch.testing.assert_close(program.module()(*call), Inverse()(*call))


def test_any_other_program_stays_as_the_exporter_likes_it() -> None:
    program = captured(torch.nn.LayerNorm(4), [(torch.zeros(2, 4),)])
    assert _with_wide_indices(program) is program


@pytest.mark.slow
def test_onnx_runtime_adds_frames_up_as_torch_does(spectra: list[Inputs], tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    engine = OnnxRuntime()
    facts = engine.export(Inverse(), spectra, tmp_path / "x.onnx")
    run = engine.load(tmp_path / "x.onnx", "cpu", facts)
    for call in spectra:
        torch.testing.assert_close(run(*call), Inverse()(*call))


class Masked(torch.nn.Module):
    """Attention as the flow's estimator masks it: 0 where a query may look, -1e10 where it may not."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        bias = (1.0 - mask.to(x.dtype)) * -1e10
        return torch.softmax(x @ x.transpose(-1, -2) + bias.unsqueeze(1), -1) @ x


@pytest.fixture
def masked() -> list[Inputs]:
    calls = [(torch.randn(2, frames, 8).half(), torch.ones(2, frames, dtype=torch.bool)) for frames in (9, 12)]
    calls[0][1][0, 5:] = False
    return calls


def test_constants_are_such_as_half_precision_holds(masked: list[Inputs]) -> None:
    def constants(kind: torch.dtype) -> list[float]:
        calls: list[Inputs] = [tuple(part.to(kind) if part.is_floating_point() else part for part in masked[0])]
        program = _with_finite_constants(captured(Masked(), calls))
        torch.testing.assert_close(program.module()(*calls[0]), Masked()(*calls[0]))
        return [value for node in program.graph.nodes for value in node.args if isinstance(value, float)]

    assert -65504.0 in constants(torch.float16)
    assert min(constants(torch.float16)) == -65504.0
    assert min(constants(torch.float32)) == -1e10


@pytest.mark.slow
def test_a_mask_of_half_precision_hides_and_spoils_nothing(masked: list[Inputs], tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "masked.onnx"
    run = OnnxRuntime().load(path, "cpu", OnnxRuntime().export(Masked().eval(), masked, path))
    for call in masked:
        torch.testing.assert_close(run(*call), Masked()(*call), atol=1e-2, rtol=1e-2)


@pytest.mark.slow
def test_what_is_repeated_runs_as_often_as_it_is_called(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    module, calls = Steps().eval(), [(torch.randn(rows, 4),) for rows in (5, 9)]
    path = tmp_path / "steps.onnx"
    run = OnnxRuntime().load(path, "cpu", OnnxRuntime().export(module, calls, path))
    with torch.no_grad():
        for rows in (5, 9, 17):
            x = torch.randn(rows, 4)
            torch.testing.assert_close(run(x), module(x))


class Drawing(torch.nn.Module):
    """Adds noise of its own."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.randn_like(x)


class Dropping(torch.nn.Module):
    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always = always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(x, 0.5, self.always)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "drawn"),
    [(Drawing(), "RandomNormalLike"), (Dropping(always=True), "Dropout"), (Dropping(always=False), "")],
)
def test_random_numbers_that_no_seed_makes_eagers_are_refused(
    tmp_path: Path, module: torch.nn.Module, drawn: str
) -> None:
    pytest.importorskip("onnxscript", reason="the extra `onnx` is not installed")
    path, calls = tmp_path / "x.onnx", [(torch.ones(2, 3),)]
    if not drawn:
        OnnxRuntime().export(module.eval(), calls, path)
    else:
        with pytest.raises(Unavailable, match=rf"random numbers of its own \({drawn}\), which no seed makes eager's"):
            OnnxRuntime().export(module.eval(), calls, path)
    assert path.exists() == (not drawn)
