"""What a linear layer makes of a constant table is computed once, when a graph is built, and not in every call.

A relative-position attention reads the middle of a fixed table, as long as the input, and sends it through a linear
layer (Transformer-XL, arXiv:1901.02860, section 3.3): an eighth of a conformer layer's multiplications, of numbers that
hang on weights alone. Freezing folds such numbers, but not where a slice whose size is the input's stands in between.
Rows of a linear layer don't know each other, so the slice can as well be taken behind it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Graph, Node

MOST_BYTES = 256 * 2**20
"""By which a package may grow: the whole tables are kept, because lengths are free. The ten layers of a conformer
encoder of width 512 take 195 MiB in float32."""


def hoisted(program: ExportedProgram) -> int:
    """Take slices of constants behind the linear layers that read them, in place; returns how many layers.

    Only slices whose bounds hang on an input, along another axis than the layer's own, of constants that the program
    does not write; through casts and idle dropout; in the order of the graph, until `MOST_BYTES` are spent. To be
    followed by constant folding: without it the program would do more than before.
    """
    import torch
    from torch.fx import Node

    graph = program.graph_module.graph
    constants = _constants(program)
    left = MOST_BYTES
    count = 0
    for sliced in list(graph.nodes):
        if sliced.target != torch.ops.aten.slice.Tensor or sliced.args[0] not in constants:
            continue
        table, (axis, *bounds) = sliced.args[0], sliced.args[1:]
        if axis in (-1, table.meta["val"].dim() - 1) or not any(isinstance(bound, Node) for bound in bounds):
            continue
        for steps, layer in _readers(sliced, constants):
            size = _bytes(table, layer)
            if size > left:
                continue
            left -= size
            count += 1
            _exchange(graph, table, steps, layer, (axis, *bounds))
    graph.eliminate_dead_code()
    graph.lint()
    program.graph_module.recompile()
    return count


def _constants(program: ExportedProgram) -> set[Node]:
    """Placeholders of parameters, buffers and tensors that no call changes."""
    signature = program.graph_signature
    names = {
        *signature.inputs_to_parameters,
        *signature.inputs_to_lifted_tensor_constants,
        *signature.inputs_to_buffers,
    }
    return {
        node for node in program.graph.nodes if node.op == "placeholder" and node.name in names and not _written(node)
    }


def _written(constant: Node) -> bool:
    """Whether an operation may write it, itself or through a view: a graph as exported still holds such operations."""
    import torch

    pending = [constant]
    seen = set(pending)
    while pending:
        for user in pending.pop().users:
            schema = getattr(user.target, "_schema", None)
            if schema is not None and schema.is_mutable:
                return True
            view = schema is None or any(result.alias_info is not None for result in schema.returns)
            if (view or user.target == torch.ops.aten.dropout.default) and user not in seen:
                seen.add(user)
                pending.append(user)
    return False


def _readers(sliced: Node, constants: set[Node]) -> list[tuple[tuple[Node, ...], Node]]:
    """The linear layers of constant weights that read a slice, each with the row-wise steps in between."""
    import torch

    aten = torch.ops.aten
    found = []
    pending: list[tuple[tuple[Node, ...], Node]] = [((), sliced)]
    while pending:
        steps, node = pending.pop(0)
        for user in node.users:
            if user.target == aten.linear.default and user.args[0] is node:
                if all(argument in constants for argument in user.args[1:]):
                    found.append((steps, user))
            elif user.target in (aten.to.dtype, aten.to.dtype_layout, aten.to.device) or (
                user.target == aten.dropout.default and user.args[2] is False
            ):
                pending.append(((*steps, user), user))
    return found


def _bytes(table: Node, layer: Node) -> int:
    """Of the layer's output for the whole table."""
    rows = math.prod(table.meta["val"].shape[:-1])
    made = layer.meta["val"]
    return int(rows * made.shape[-1] * made.element_size())


def _exchange(graph: Graph, table: Node, steps: tuple[Node, ...], layer: Node, cut: tuple[Any, ...]) -> None:
    import torch

    with graph.inserting_before(layer):
        whole = table
        for step in (*steps, layer):
            operator: Any = step.target
            whole = graph.call_function(operator, (whole, *step.args[1:]), dict(step.kwargs))
        rows = graph.call_function(torch.ops.aten.slice.Tensor, (whole, *cut))
    rows.meta = dict(layer.meta)
    layer.replace_all_uses_with(rows)
    graph.erase_node(layer)
