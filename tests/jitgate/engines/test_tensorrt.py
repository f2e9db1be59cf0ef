"""TensorRT, on a module that stands for the package: what is built, what is refused, and how an engine is called."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from jitgate.engines import tensorrt
from jitgate.engines.graph.onnx_graph import assembly
from jitgate.engines.tensorrt import TensorRt, build, import_tensorrt, profile
from jitgate.engines.tensorrt_context import EngineContext
from jitgate.model.errors import Unavailable
from jitgate_cosyvoice.v2.flow_estimator import FlowEstimator
from torch.utils import _pytree

FACTS = {
    "inputs": json.dumps(["x", None, "mask"]),
    "answer": assembly(_pytree.tree_structure(0)),
    "tensorrt": "1.2",
}


class Config:
    def __init__(self) -> None:
        self.said: list[Any] = []

    def set_memory_pool_limit(self, pool: str, size: int) -> None:
        self.said.append((pool, size))

    def clear_flag(self, flag: str) -> None:
        self.said.append(("clear", flag))

    def add_optimization_profile(self, shapes: Any) -> None:
        self.said.append(shapes.shapes)


class Builder:
    """Remembers what it was told; `plan` is what it builds."""

    plan: bytes | None = b"engine"

    def __init__(self, logger: object) -> None:
        self.config = Config()
        Builder.last = self

    last: Builder

    def create_network(self, flags: int) -> Any:
        self.flags = flags
        names = [SimpleNamespace(name=name) for name in ("x", "mask")]
        return SimpleNamespace(num_inputs=2, get_input=names.__getitem__)

    def create_builder_config(self) -> Config:
        return self.config

    def create_optimization_profile(self) -> Any:
        shapes: dict[str, Any] = {}
        return SimpleNamespace(shapes=shapes, set_shape=lambda name, *span: shapes.update({name: span}))

    def build_serialized_network(self, network: object, config: object) -> bytes | None:
        return self.plan


def fake(parses: bool = True) -> Any:
    def logger(level: object) -> object:
        return object()

    logger.ERROR = 1  # type: ignore[attr-defined]
    error = SimpleNamespace(desc=lambda: "no converter for STFT")
    parser = SimpleNamespace(parse=lambda text: parses, get_error=lambda number: error)
    return SimpleNamespace(
        __version__="1.2",
        Logger=logger,
        Builder=Builder,
        OnnxParser=lambda network, logger: parser,
        NetworkDefinitionCreationFlag=SimpleNamespace(STRONGLY_TYPED=3),
        MemoryPoolType=SimpleNamespace(WORKSPACE="workspace"),
        BuilderFlag=SimpleNamespace(TF32="tf32"),
        TensorIOMode=SimpleNamespace(INPUT="in", OUTPUT="out"),
        DataType=SimpleNamespace(FLOAT="float", HALF="half"),
        Runtime=lambda logger: SimpleNamespace(deserialize_cuda_engine=lambda plan: None),
    )


def call(frames: int) -> tuple[Any, ...]:
    return (torch.zeros(2, 80, frames), False, torch.zeros(2, 1, frames))


def test_the_estimator_has_the_originals_profile() -> None:
    shapes = profile([call(174), call(424)], ["x", None, "mask"], FlowEstimator.lengths_served)
    assert shapes["x"] == ([2, 80, 4], [2, 80, 500], [2, 80, 3000])
    assert shapes["mask"] == ([2, 1, 4], [2, 1, 500], [2, 1, 3000])


def test_elsewhere_the_profile_is_what_the_calls_span() -> None:
    shapes = profile([call(10), call(30), call(20)], ["x", None, "mask"], None)
    assert shapes["x"] == ([2, 80, 10], [2, 80, 20], [2, 80, 30])


@pytest.mark.parametrize("tf32", [True, False])
def test_an_engine_is_typed_as_its_graph_and_has_tf32_where_it_was_asked_for(tmp_path: Path, tf32: bool) -> None:
    graph = tmp_path / "x.onnx"
    graph.write_bytes(b"onnx")
    shapes = profile([call(4)], ["x", None, "mask"], None)
    assert build(fake(), graph, shapes, tf32=tf32) == b"engine"
    told = Builder.last.config.said
    assert Builder.last.flags == 1 << 3
    assert ("workspace", 4 << 30) in told
    assert (("clear", "tf32") in told) is not tf32
    assert {"x": shapes["x"], "mask": shapes["mask"]} in told


def test_what_the_parser_does_not_know_is_refused_in_its_words(tmp_path: Path) -> None:
    graph = tmp_path / "x.onnx"
    graph.write_bytes(b"onnx")
    with pytest.raises(Unavailable, match="TensorRT can't carry this model: no converter for STFT"):
        build(fake(parses=False), graph, {}, tf32=False)


def test_neither_package_is_said_with_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", lacking)
    with pytest.raises(Unavailable, match=r'pip install "jitgate\[tensorrt\]"'):
        import_tensorrt()


def test_an_engine_of_another_version_or_card_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = tmp_path / "x.plan"
    plan.write_bytes(b"engine")
    monkeypatch.setattr(tensorrt, "import_tensorrt", fake)
    with pytest.raises(RuntimeError, match=r"built by TensorRT 1\.1, and 1\.2 is here"):
        TensorRt().load(plan, "cuda:0", {**FACTS, "tensorrt": "1.1"})
    with pytest.raises(RuntimeError, match="built for another card or driver"):
        TensorRt().load(plan, "cuda:0", FACTS)


class Context:
    def __init__(self) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self.shapes[name] = shape
        return shape[-1] <= 8

    def set_tensor_address(self, name: str, address: int) -> None:
        self.addresses[name] = address

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self.shapes["x"]

    def execute_async_v3(self, stream: int) -> bool:
        return stream == 7


def test_an_engine_reads_and_writes_torchs_memory_on_torchs_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: SimpleNamespace(cuda_stream=7))
    context = Context()
    names = ["mask", "x", "out"]
    engine = SimpleNamespace(
        create_execution_context=lambda: context,
        num_io_tensors=3,
        get_tensor_name=names.__getitem__,
        get_tensor_mode=lambda name: "out" if name == "out" else "in",
        get_tensor_dtype=lambda name: "half",
    )
    run = EngineContext(fake(), engine, "cpu", FACTS)
    assert run.proof() == "tensorrt: the engine was never executed"
    x, flag, mask = call(8)
    output = run(x, flag, mask)
    assert (output.shape, output.dtype) == ((2, 80, 8), torch.float16)
    assert context.addresses == {"x": x.data_ptr(), "mask": mask.data_ptr(), "out": output.data_ptr()}
    assert run.proof() is None
    with pytest.raises(RuntimeError, match="outside of the engine's profile"):
        run(*call(9))
