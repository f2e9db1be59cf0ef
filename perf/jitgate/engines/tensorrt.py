"""TensorRT: the module as ONNX, built into an engine for the very card, with one profile of lengths.

To the graph: layers are fused and kernels chosen by timing them, at export; the engine is typed as the ONNX file is, so
that half precision comes from a converted module.
Needs: an NVIDIA card, and `tensorrt` or `tensorrt-rtx` (RTX cards), whichever is installed; onnx, onnxscript to export.
Can't go: operators that its parser does not know; lengths beyond its profile, which a module may state and which
otherwise spans what the calls have.
Source: TensorRT's Python API (NVIDIA documentation). Not yet run on a GPU.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.engines.graph.onnx_graph import OPSET, export_onnx, missing_exporter
from jitgate.engines.protocols import Facts, Runner
from jitgate.engines.tensorrt_context import EngineContext
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs, arguments

if TYPE_CHECKING:
    import torch

PACKAGES = ("tensorrt", "tensorrt_rtx")
WORKSPACE = 1 << 32
"""Bytes that a kernel may use while the engine is built and run, as vendors of such models set it."""

Shapes = tuple[list[int], list[int], list[int]]
"""Least, best and most of every size of one input."""


def import_tensorrt() -> Any:
    """Whichever of the two packages is installed; they have one interface. Raises Unavailable for none."""
    for name in PACKAGES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise Unavailable(
        'neither tensorrt nor tensorrt-rtx can be imported; get one with python -m pip install "jitgate[tensorrt]"'
    )


class TensorRt:
    suffix = ".plan"
    per_signature = True

    def options(self) -> Mapping[str, object]:
        return {"recipe": "export,onnx,tensorrt", "opset": OPSET, "workspace": WORKSPACE}

    def unavailable(self) -> str | None:
        return missing_exporter()

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        import torch

        trt = import_tensorrt()
        graph = path.with_suffix(".onnx")
        facts = export_onnx(module, calls, graph)
        shapes = profile(calls, json.loads(facts["inputs"]), getattr(module, "lengths_served", None))
        try:
            path.write_bytes(build(trt, graph, shapes, tf32=torch.backends.cuda.matmul.allow_tf32))
        finally:
            graph.unlink()
        return {**facts, "tensorrt": trt.__version__}

    def load(self, path: Path, device: str, facts: Facts) -> Runner:
        trt = import_tensorrt()
        if facts["tensorrt"] != trt.__version__:
            raise RuntimeError(f"{path.name} was built by TensorRT {facts['tensorrt']}, and {trt.__version__} is here")
        engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(path.read_bytes())
        if engine is None:
            raise RuntimeError(f"TensorRT can't load {path.name}: it was built for another card or driver")
        return EngineContext(trt, engine, device, facts)


def profile(
    calls: Sequence[Inputs], names: Sequence[str | None], served: tuple[int, int, int] | None
) -> dict[str, Shapes]:
    """Input name -> its least, best and most sizes. served: lengths that the module says engines are built for."""
    from torch.utils import _pytree

    every = [_pytree.tree_leaves(arguments(call)) for call in calls]
    found: dict[str, Shapes] = {}
    for place, name in enumerate(names):
        if name is None:
            continue
        sizes = [sorted(axis) for axis in zip(*(leaves[place].shape for leaves in every), strict=True)]
        spans = [
            served if served is not None and axis[0] != axis[-1] else (axis[0], axis[len(axis) // 2], axis[-1])
            for axis in sizes
        ]
        found[name] = ([span[0] for span in spans], [span[1] for span in spans], [span[2] for span in spans])
    return found


def build(trt: Any, graph: Path, shapes: Mapping[str, Shapes], *, tf32: bool) -> bytes:
    """The serialised engine of an ONNX file. Raises Unavailable for what the parser or the builder refuses."""
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if typed is None else 1 << int(typed))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(graph.read_bytes()):
        raise Unavailable(f"TensorRT can't carry this model: {parser.get_error(0).desc()}")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    if not tf32 and hasattr(trt.BuilderFlag, "TF32"):
        config.clear_flag(trt.BuilderFlag.TF32)
    spans = builder.create_optimization_profile()
    for place in range(network.num_inputs):
        name = network.get_input(place).name
        spans.set_shape(name, *shapes[name])
    config.add_optimization_profile(spans)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise Unavailable("TensorRT built no engine of this model; its log in the worker's output says why")
    return bytes(plan)
