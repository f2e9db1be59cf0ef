"""8-bit integers ahead of time: torchao's `int8-dynamic`, then inductor's package of it.

To the graph: as `int8-dynamic`, every `nn.Linear` gets a weight of int8 with a scale a channel, each call's activations
one a row, and integers are multiplied; the rounding goes into the kernels that stand around it. A layer that reads
constants alone (a table of relative positions) stays as it is, since it is computed when the package is built.
Needs: torchao, and a C++ compiler to build; what is built needs neither.
Can't go: where `inductor` can't; modules without a linear layer; float16.
Source: torchao.quantization (its documentation, "Int8DynamicActivationInt8WeightConfig"), and as `inductor`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.engines.capture import captured
from jitgate.engines.graph.hoisting import hoisted
from jitgate.engines.graph.repetition import repeated
from jitgate.engines.inductor import Inductor, Packaged
from jitgate.engines.int8 import Quantised
from jitgate.engines.protocols import Facts, Runner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram


class InductorInt8:
    suffix = Inductor.suffix
    per_signature = Inductor.per_signature

    def __init__(self) -> None:
        self._inductor = Inductor()

    def options(self) -> Mapping[str, object]:
        from importlib.metadata import version

        return {**self._inductor.options(), "linear": "int8-dynamic", "torchao": version("torchao")}

    def unavailable(self) -> str | None:
        return self._inductor.unavailable()

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        facts = {} if repeated(module) else quantised(module, calls)  # what is repeated, inductor refuses by its name
        return {**self._inductor.export(module, calls, path), **facts}

    def load(self, path: Path, device: str, facts: Facts) -> Runner:
        loaded = self._inductor.load(path, device, facts)
        return QuantisedPackage(loaded.package, device, facts) if isinstance(loaded, Packaged) else loaded


class QuantisedPackage(Packaged):
    """A package, and what its module was found to be when it was built, as `quantised` says."""

    def __init__(self, package: Any, device: str, facts: Facts) -> None:
        super().__init__(package, device)
        self._facts = facts

    def proof(self) -> str | None:
        return self._facts["fallback"] or super().proof()

    def partly(self) -> str | None:
        return self._facts["partly"] or None


def quantised(module: torch.nn.Module, calls: Sequence[Inputs]) -> Facts:
    """Quantise the linear layers that a call has to compute, in place. fallback: what they are if none is int8; partly:
    if some are not; "" where they are.

    Raises Unavailable for a module without such a layer.
    """
    import torch
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_

    program = captured(module, calls)
    hoisted(program)
    built = constant_layers(program)
    layers = {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, torch.nn.Linear) and name not in built
    }
    if not layers:
        raise Unavailable("int8 quantises linear layers, and a call of this model computes none")
    for layer in layers.values():
        layer.weight = torch.nn.Parameter(layer.weight.detach(), requires_grad=False)
    quantize_(module, Int8DynamicActivationInt8WeightConfig(), filter_fn=lambda _, name: name in layers)
    found = Quantised(module, list(layers))
    return {"fallback": found.proof() or "", "partly": found.partly() or ""}


def constant_layers(program: ExportedProgram) -> frozenset[str]:
    """The linear layers, by name, whose input is made of parameters and buffers alone, whatever it is called with."""
    import torch

    signature = program.graph_signature
    given = set(signature.user_inputs)
    fixed, names = set(), set()
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name not in given:
            fixed.add(node)
        elif node.op == "call_function" and node.all_input_nodes and fixed.issuperset(node.all_input_nodes):
            fixed.add(node)
            if node.target == torch.ops.aten.linear.default:
                weight = signature.inputs_to_parameters.get(node.args[1].name, "")
                names.add(weight.removesuffix(".weight"))
    return frozenset(names)
