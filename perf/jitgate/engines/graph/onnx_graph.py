"""A module as ONNX, by torch's exporter on top of torch.export; what ONNX Runtime and TensorRT start from."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.engines.capture import captured
from jitgate.engines.graph.repetition import repeated
from jitgate.engines.protocols import Facts
from jitgate.engines.refusal import refusing
from jitgate.engines.remembered import needed_by_program
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs
from jitgate.values.files import decoded, encoded
from jitgate.values.tensors import bytes_of, tensors_in

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

OPSET = 18
"""ONNX's operator set: the original's export names it, and torch's exporter writes it without converting."""

RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
"""Operators of ONNX that always draw."""

LARGEST = 2**31 - 1
"""Bytes that one ONNX file can hold (protobuf's limit); weights beyond it need a second file, and one is kept here."""


def missing_exporter() -> str | None:
    """What to install where ONNX can't be written; None where it can."""
    lacking = [name for name in ("onnx", "onnxscript") if importlib.util.find_spec(name) is None]
    if not lacking:
        return None
    return f'to write ONNX takes {" and ".join(lacking)}; get it with python -m pip install "jitgate[onnx]"'


def export_onnx(module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
    """Write `path`, one file that serves all `calls`.

    Returns which leaf of a call each input is, and how a call's answer is put together again (`Wiring` reads both).
    Raises Unavailable for what torch.export can't follow, ONNX has no operator for, or one file can't hold.
    """
    import torch

    size = bytes_of(tensors_in(dict(module.state_dict())))
    if size > LARGEST:
        raise Unavailable(f"its weights take {size / 2**30:.1f} GiB, and one ONNX file holds 2 GiB")
    program = _with_finite_constants(_with_wide_indices(captured(module, calls)))
    # Constants are inputs too, to torch.export; they are no tensors, and are written into the graph.
    names = [name if isinstance(name, str) else None for name in program.graph_signature.user_inputs]
    outputs = program.graph_signature.user_outputs
    if not all(isinstance(name, str) for name in outputs):
        raise Unavailable("ONNX returns tensors only, and this model also returns plain values")
    # ONNX holds what is repeated as often as it is called: then the exporter's optimiser takes many minutes, and the
    # runtime that loads the file optimises too.
    optimize = not repeated(module)
    with torch.no_grad(), refusing("ONNX"):
        written = torch.onnx.export(
            program,
            (),
            str(path),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
            verbose=False,
            optimize=optimize,
        )
    if drawn := _random(written):
        path.unlink()
        raise Unavailable(
            f"ONNX draws random numbers of its own ({drawn}), which no seed makes eager's; pass them as an input, or "
            "leave the variant out"
        )
    second = path.with_name(f"{path.name}.data")
    if second.exists():  # torch's exporter begins a second file by itself, from 1.5 GiB in the graph on (torch 2.13)
        second.unlink()
        path.unlink()
        raise Unavailable(f"torch's exporter writes its weights ({size / 2**30:.1f} GiB) into a second file")
    answer = assembly(program.call_spec.out_spec)
    pairs = json.dumps(_complex_places(program))
    return {"inputs": json.dumps(names), "answer": answer, "pairs": pairs, **needed_by_program(program)}


def _complex_places(program: ExportedProgram) -> list[int]:
    """Which outputs are complex: ONNX has pairs of real numbers in their place."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    outputs = [values.get(name) for name in program.graph_signature.user_outputs]
    return [place for place, value in enumerate(outputs) if value is not None and value.dtype.is_complex]


def _random(written: Any) -> str:
    """The first operator of a graph that draws random numbers; "" for none."""
    from onnx_ir.traversal import RecursiveGraphIterator

    graphs = [written.model.graph, *written.model.functions.values()]
    nodes = [node for graph in graphs for node in RecursiveGraphIterator(graph)]
    return next((node.op_type for node in nodes if node.op_type in RANDOM or _drops(node)), "")


def _drops(node: Any) -> bool:
    """Whether it is a dropout in training: its third input says so."""
    training = node.inputs[2] if node.op_type == "Dropout" and len(node.inputs) > 2 else None
    known = None if training is None else training.const_value
    return training is not None and (known is None or bool(known.numpy()))


def _with_wide_indices(program: ExportedProgram) -> ExportedProgram:
    """`program`, in which an inverse short-time transform adds its frames up by indices of 64 bits.

    torch 2.13 writes that sum out with indices of 32 bits, which ONNX's ScatterND does not take. Any other program
    stays as it is, since the exporter has better words than these for layers that are written out here.
    """
    import torch

    aten = torch.ops.aten
    if not any(node.target is aten.istft.default for node in program.graph.nodes):
        return program
    table = torch.export.default_decompositions()
    table[aten.unfold_backward.default] = _overlapped
    return program.run_decompositions(table)  # type: ignore[no-any-return]


def _with_finite_constants(program: ExportedProgram) -> ExportedProgram:
    """`program`, in place, in which no number in a half-precision operation is beyond what that type can hold.

    torch multiplies fp16 by -1e10, as masks are made, in float32; ONNX holds the constant in fp16, which makes it
    infinite, and 0 * inf is not a number. It becomes the last number of the type instead, as it does for converters.
    """
    import torch

    for graph in (each for each in program.graph_module.modules() if isinstance(each, torch.fx.GraphModule)):
        for node in graph.graph.nodes:
            result = node.meta.get("val")
            if node.op == "call_function" and isinstance(result, torch.Tensor) and result.dtype.is_floating_point:
                most = torch.finfo(result.dtype).max
                node.args = tuple(_within(value, most) for value in node.args)
        graph.recompile()
    return program


def _within(value: Any, most: float) -> Any:
    """A finite float drawn in to +-`most`; anything else as it is."""
    return max(-most, min(most, value)) if isinstance(value, float) and math.isfinite(value) else value


def _overlapped(grad: torch.Tensor, input_size: Sequence[int], dim: int, size: int, step: int) -> torch.Tensor:
    """The sum of overlapping frames: grad (..., frames, ..., size) -> `input_size`, whose `dim` the frames cover."""
    import torch

    whole = grad.new_zeros(list(input_size))
    dim = dim % len(input_size)
    index = torch.arange(input_size[dim], device=grad.device).unfold(0, size, step).flatten()
    frames = grad.movedim(-1, dim + 1).flatten(dim, dim + 1)
    return torch.ops.aten.index_put(whole, [*(None,) * dim, index], frames, True)  # type: ignore[no-any-return]


def assembly(spec: Any) -> str:
    """How an answer is put together, as text. Unlike torch's own, it asks no class for a name to be written by.

    Unavailable where another process could not import a class of it.
    """
    from torch.utils import _pytree

    try:
        return json.dumps(encoded(_pytree.tree_unflatten(range(spec.num_leaves), spec), "output"))
    except TypeError as error:
        raise Unavailable(f"a file can't carry what this model returns: {error}") from error


class Wiring:
    """Between a call's nested arguments and the flat, named tensors of an ONNX graph."""

    def __init__(self, facts: Facts) -> None:
        from torch.utils import _pytree

        self._places = {name: place for place, name in enumerate(json.loads(facts["inputs"])) if name is not None}
        self._answer = _pytree.tree_structure(decoded(json.loads(facts["answer"])))
        self._pairs = frozenset(json.loads(facts.get("pairs", "[]")))

    def feeds(
        self, inputs: tuple[Any, ...], names: Sequence[str], named: Mapping[str, Any] | None = None
    ) -> list[torch.Tensor]:
        """The tensors of one call for the graph's inputs `names`, in their order; contiguous. named: by keyword."""
        from torch.utils import _pytree

        leaves = _pytree.tree_leaves((inputs, dict(named or {})))
        return [_real(leaves[self._places[name]]).contiguous() for name in names]

    def answer(self, outputs: Sequence[torch.Tensor]) -> Any:
        """The graph's outputs as the module returns them."""
        import torch
        from torch.utils import _pytree

        found = [torch.view_as_complex(each) if at in self._pairs else each for at, each in enumerate(outputs)]
        return _pytree.tree_unflatten(found, self._answer)


def _real(leaf: torch.Tensor) -> torch.Tensor:
    """Pairs of real numbers in the place of complex ones."""
    import torch

    return torch.view_as_real(leaf.resolve_conj()) if leaf.is_complex() else leaf
