"""What a file needs of the process that loads it: classes and operators that a module registers when it is imported."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from jitgate.engines.protocols import Facts

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

OWN = ("aten", "prim", "prims", "higher_order")
"""Namespaces of operators that torch always has."""


def needed_by_program(program: ExportedProgram) -> Facts:
    """The classes of its inputs and outputs, and its operators."""
    import torch

    graphs = [each for each in program.graph_module.modules() if isinstance(each, torch.fx.GraphModule)]
    targets = [node.target for graph in graphs for node in graph.graph.nodes if node.op == "call_function"]
    operators = [target._name.split(".")[0] for target in targets if isinstance(target, torch._ops.OpOverload)]
    return needed([program.call_spec.in_spec, program.call_spec.out_spec], operators)


def operators_of(module: torch.jit.ScriptModule) -> list[str]:
    """As in `aten::add`, of a graph and its blocks."""
    return [node.kind() for node in _nodes(module.inlined_graph)]


def needed(specs: Iterable[Any], operators: Iterable[str] = ()) -> Facts:
    """What `recall` reads. specs: torch's pytree specs. operators: as in `aten::add`."""
    kinds = {kind for spec in specs for kind in _types(spec) if not kind.__module__.startswith(("builtins", "torch."))}
    names = sorted({name for name in operators if name.split("::")[0] not in OWN})
    modules = dict.fromkeys([*sorted(kind.__module__ for kind in kinds), *filter(None, map(_defined_in, names))])
    types = sorted(f"{kind.__module__}:{kind.__qualname__}" for kind in kinds)
    said = {"modules": list(modules), "types": types, "operators": names}
    return {"needs": json.dumps(said)} if types or names else {}


def recall(facts: Facts) -> None:
    """Import what the file needs, and no more: the rest would count as the variant's memory.

    RuntimeError, in one sentence, where what is needed is not there then.
    """
    said = json.loads(facts.get("needs", "{}"))
    if not said or not _missing(said):
        return
    for name in (*said["modules"], *filter(None, [facts.get("factory")])):
        importlib.import_module(name)
        if not _missing(said):
            return
    raise RuntimeError(
        f"the file needs {', '.join(_missing(said))}, which importing {facts.get('factory', 'its module')} does not "
        "register; import the module that registers it at the top of your factory's module"
    )


def _missing(said: Any) -> list[str]:
    import sys

    import torch
    from torch.utils import _pytree

    registered = {f"{kind.__module__}:{kind.__qualname__}" for kind in _pytree.SUPPORTED_NODES}
    lacking = [name for name in said["types"] if name not in registered and name.split(":")[0] not in sys.modules]
    known = torch._C._jit_get_schemas_for_operator
    return lacking + [name for name in said["operators"] if not known(name)]


def _types(spec: Any) -> Iterator[type]:
    """The classes in a spec; of a named tuple it is the context."""
    kind = spec.context if isinstance(spec.context, type) else spec.type
    if isinstance(kind, type):
        yield kind
    for child in spec.children() if hasattr(spec, "children") else spec.children_specs:
        yield from _types(child)


def _defined_in(operator: str) -> str | None:
    """The module that defined an operator in Python; None where it is not known."""
    try:
        from torch._library.custom_ops import OPDEFS
    except ImportError:
        return None
    made = OPDEFS.get(operator)
    return None if made is None else str(made._init_fn.__module__)


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.nodes():
        yield node
        for block in node.blocks():
            yield from _nodes(block)
