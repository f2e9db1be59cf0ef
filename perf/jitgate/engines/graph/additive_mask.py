"""A mask of attention is written once as numbers to add, instead of asked for each score.

`softmax(scores.masked_fill(forbidden, -inf)).masked_fill(forbidden, 0)` reads a truth value for each score, three times
over, and inductor takes two to three times as long for it on a CPU as for a softmax without a mask: it works out the
mask again for every head and query, and vectorises truth values badly. A mask that is the same for several heads or
queries is small, and scores + (0 or -inf) are the same numbers.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Graph, Node

NEVER = -float("inf")


def added(program: ExportedProgram) -> int:
    """Add masks in front of softmaxes on a CPU, in place; returns how many.

    Only masks that serve several scores each. The answers are the same numbers, but for a score that is infinite or
    NaN where it may not be looked at: there they are NaN.
    """
    graph = program.graph_module.graph
    masked = [node for node in graph.nodes if _is_masked_softmax(node)]
    made: dict[tuple[Node, Any], Node] = {}
    for node in masked:
        scores, forbidden, _ = node.args
        key = (forbidden, scores.meta["val"].dtype)
        if key not in made:
            made[key] = _numbers(graph, *key)
        _exchange(graph, node, made[key])
    graph.eliminate_dead_code()
    graph.lint()
    program.graph_module.recompile()
    return len(masked)


def _is_masked_softmax(node: Node) -> bool:
    """Whether `node` puts -inf where a mask says so, for softmaxes alone."""
    import torch

    aten = torch.ops.aten
    if node.target != aten.masked_fill.Scalar or node.args[2] != NEVER:
        return False
    if not all(user.target == aten.softmax.int for user in node.users):
        return False
    masked: Any = node.args[0]
    mask: Any = node.args[1]
    scores, forbidden = masked.meta["val"], mask.meta["val"]
    return (
        _serves_several(forbidden.shape, scores.shape)
        and scores.device.type == "cpu"
        and bool(scores.dtype.is_floating_point)
    )


def _serves_several(mask: Any, scores: Any) -> bool:
    """Whether one number of the mask is read for more than one score. A free size is never 1."""
    sizes = zip(reversed(mask), reversed(scores), strict=False)
    return len(mask) < len(scores) or any(_is_one(one) and not _is_one(other) for one, other in sizes)


def _is_one(size: Any) -> bool:
    return isinstance(size, int) and size == 1


def _numbers(graph: Graph, forbidden: Node, dtype: Any) -> Node:
    """0 where a score may be looked at and -inf where not, shaped as `forbidden`, and kept in memory.

    `as_strided` is what keeps it there: inductor would otherwise write it into every loop that reads it.
    """
    import torch

    aten: Any = torch.ops.aten
    with graph.inserting_after(forbidden):
        zeros = graph.call_function(
            aten.zeros_like.default, (forbidden,), {"dtype": dtype, "memory_format": torch.contiguous_format}
        )
    sizes: list[Any] = []
    with graph.inserting_after(zeros):
        numbers = graph.call_function(aten.masked_fill.Scalar, (zeros, forbidden, NEVER))
    with graph.inserting_after(numbers):
        kept = graph.call_function(aten.as_strided.default, ())
    with graph.inserting_before(kept):
        for axis, known in enumerate(forbidden.meta["val"].shape):
            fixed = isinstance(known, int)
            sizes.append(known if fixed else graph.call_function(aten.sym_size.int, (forbidden, axis)))
        kept.args = (numbers, sizes, _strides(graph, sizes))
    return kept


def _strides(graph: Graph, sizes: list[Any]) -> list[Any]:
    """Of a tensor of `sizes` that lies without gaps."""
    strides: list[Any] = []
    below: Any = 1
    for size in reversed(sizes):
        strides.insert(0, below)
        if isinstance(size, int) and isinstance(below, int):
            below *= size
        elif below == 1:
            below = size
        elif size != 1:
            below = graph.call_function(operator.mul, (below, size))
    return strides


def _exchange(graph: Graph, masked: Node, numbers: Node) -> None:
    """Add in front of the softmax; behind it, `masked_fill` with the same mask asks the numbers."""
    import torch

    aten: Any = torch.ops.aten
    scores, forbidden, _ = masked.args
    with graph.inserting_before(masked):
        total = graph.call_function(aten.add.Tensor, (scores, numbers))
    total.meta = dict(masked.meta)
    for softmax in list(masked.users):
        for user in list(softmax.users):
            if user.target == aten.masked_fill.Scalar and user.args[1] is forbidden:
                with graph.inserting_before(user):
                    asked = graph.call_function(aten.lt.Scalar, (numbers, 0))
                user.update_arg(1, asked)
    masked.replace_all_uses_with(total)
