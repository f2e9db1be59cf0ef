"""The relative shift reads scores where they lie, instead of a padded copy of them.

Scores by distance become scores by key as out[i, j] = scores[i, T - 1 - i + j] (Transformer-XL, arXiv:1901.02860,
appendix B): written in Python as a column of zeros in front, a view with one number less in each row, and a slice. For
a fixed length a compiler sees that no zero is ever read. Where lengths are free it can't, and takes two divisions and a
comparison for each score instead, in code that it does not vectorise.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Graph, Node

AXES = 4
"""Batch, heads, queries, distances."""


def unpadded(program: ExportedProgram) -> int:
    """Replace padded relative shifts by views of the scores, in place; returns how many."""
    graph = program.graph_module.graph
    count = 0
    for padded in list(graph.nodes):
        scores = _padded_scores(padded)
        if scores is None:
            continue
        for view in _views(padded):
            if _is_shift(scores.meta["val"], view.meta["val"]):
                _exchange(graph, scores, view)
                count += 1
    graph.eliminate_dead_code()
    graph.lint()
    program.graph_module.recompile()
    return count


def _padded_scores(node: Node) -> Node | None:
    """What gets a column of zeros in front by `node`; None where `node` does something else."""
    import torch

    aten = torch.ops.aten
    if node.target != aten.cat.default or node.meta["val"].dim() != AXES:
        return None
    tensors: Any = node.args[0]
    if len(tensors) != 2:
        return None
    zeros, scores = tensors
    axis = node.args[1] if len(node.args) > 1 else 0
    column = zeros.target in (aten.zeros.default, aten.new_zeros.default) and zeros.meta["val"].size(-1) == 1
    found: Node | None = scores if column and axis in (-1, AXES - 1) else None
    return found


def _views(padded: Node) -> list[Node]:
    """Nodes of four axes that show a part of the memory of `padded`; its strides and offset then say which."""
    import torch

    aten = torch.ops.aten
    found = []
    pending = [padded]
    while pending:
        node = pending.pop(0)
        for user in node.users:
            # A view never copies. Flattening may, but not what has just been written as a whole.
            if user.args[0] is node and (
                user.target in (aten.view.default, aten.view_as.default, aten.slice.Tensor)
                or (user.target == aten.flatten.using_ints and node is padded)
            ):
                pending.append(user)
                found.append(user)
    return [node for node in found if node.meta["val"].dim() == AXES]


def _is_shift(scores: Any, view: Any) -> bool:
    """Whether view[b, h, i, j] is scores[b, h, i, T - 1 - i + j], of what lies in memory as

        [0, scores[0, 0, 0, 0], ..., scores[0, 0, 0, D - 1], 0, scores[0, 0, 1, 0], ...]

    for T queries, K keys and D = 2 K - 1 distances: row i begins at i (D + 1), so that number T - i + j of it is number
    T + i D + j of all, and none is a zero, since 1 <= T - i + j <= D where T <= K.
    """
    batch, heads, queries, distances = scores.shape
    keys = view.shape[-1]
    row = distances + 1
    return (
        view.dtype == scores.dtype
        and _same(2 * keys, row)
        and _same(view.shape[0], batch)
        and _same(view.shape[1], heads)
        and _same(view.shape[2], queries)
        and _same(view.storage_offset(), queries)
        and (_same(batch, 1) or _same(view.stride(0), heads * queries * row))
        and (_same(heads, 1) or _same(view.stride(1), queries * row))
        and _same(view.stride(2), distances)
        and _same(view.stride(3), 1)
        and _never_negative(keys - queries)
    )


def _same(one: Any, two: Any) -> bool:
    """Whether two sizes are equal for every length. Proven by algebra: a guard would hold for this length alone."""
    import sympy

    return bool(sympy.expand(_exact(one) - _exact(two)) == 0)


def _never_negative(size: Any) -> bool:
    import sympy

    return bool(sympy.expand(_exact(size)).is_nonnegative)


def _exact(size: Any) -> Any:
    """As an expression; a division that leaves no remainder is written as what it output: (2 T T - T) // T = 2 T -
    1."""
    import sympy
    from torch.utils._sympy.functions import FloorDiv

    def quotient(base: Any, divisor: Any) -> Any:
        exact = sympy.cancel(base / divisor)
        return exact if exact.is_polynomial() else FloorDiv(base, divisor)

    return sympy.Integer(size) if isinstance(size, int) else size.node.expr.replace(FloorDiv, quotient)


def _exchange(graph: Graph, scores: Node, view: Node) -> None:
    """Number T - 1 - i + j of row i is number T - 1 + i (D - 1) + j of all: rows of D - 1, after T - 1 numbers."""
    import torch

    aten: Any = torch.ops.aten
    with graph.inserting_before(view):

        def size(axis: int) -> Any:
            known = scores.meta["val"].shape[axis]
            return known if isinstance(known, int) else graph.call_function(aten.sym_size.int, (scores, axis))

        def of(operation: Any, *sizes: Any) -> Any:
            known = all(isinstance(each, int) for each in sizes)
            return operation(*sizes) if known else graph.call_function(operation, sizes)

        batch, heads, queries, distances = (size(axis) for axis in range(AXES))
        row = of(operator.sub, distances, 1)
        keys = of(operator.floordiv, of(operator.add, distances, 1), 2)
        start = of(operator.sub, queries, 1)
        stop = of(operator.add, start, of(operator.mul, queries, row))
        flat = graph.call_function(aten.flatten.using_ints, (scores, 2))
        kept = graph.call_function(aten.slice.Tensor, (flat, 2, start, stop))
        rows = graph.call_function(aten.view.default, (kept, [batch, heads, queries, row]))
        shifted = graph.call_function(aten.slice.Tensor, (rows, AXES - 1, 0, keys))
    shifted.meta = dict(view.meta)
    view.replace_all_uses_with(shifted)
