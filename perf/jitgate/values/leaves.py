"""The leaves of whatever a model takes, returns or is made of: one walker for everything that meets such a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy as shallow
from typing import Any

from jitgate.values.containers import KINDS, Node, is_plain_tensor, node_of

SIMPLE = (type(None), bool, int, float, complex, str, bytes)
"""What is a value by itself, also as a subclass of it."""


def leaves(tree: Any) -> list[Any]:
    """The leaves of `tree`, in order: tensors, arrays, and plain values."""
    return [leaf for _, leaf in walk(tree)]


def named_leaves(tree: Any, root: str = "output") -> dict[str, Any]:
    """Path -> leaf, in order, as in `output.logits[0]`. TypeError, in one sentence, for a leaf of no known type."""
    found: dict[str, Any] = {}
    for path, leaf in walk(tree, root):
        if not known(leaf):
            raise TypeError(refusal(path, leaf))
        unique = path if path not in found else f"{path} (number {len(found)})"  # two keys may print the same
        found[unique] = leaf
    return found


def walk(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and leaves of `tree`, in order. TypeError where it contains itself."""
    yield from _walk(tree, path, frozenset())


def _walk(value: Any, path: str, above: frozenset[int]) -> Iterator[tuple[str, Any]]:
    node = node_of(value)
    if node is None:
        yield path, value
        return
    if id(value) in above:
        raise TypeError(f"{path} is a {type(value).__name__} that contains itself; return tensors")
    for name, part in zip(node.names, node.parts, strict=True):
        yield from _walk(part, path + name, above | {id(value)})


def mapped(change: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with `change` made to every leaf. What holds no changed leaf stays the same object."""
    node = node_of(tree)
    if node is None:
        return change(tree)
    parts = [mapped(change, part) for part in node.parts]
    if all(new is old for new, old in zip(parts, node.parts, strict=True)):
        return tree
    return joined(node, parts)


def copies(copy: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with every leaf given to `copy`, in containers of its own, so that what is done to one stays there."""
    node = node_of(tree)
    if node is None:
        return copy(tree)
    parts = [copies(copy, part) for part in node.parts]
    if any(new is not old for new, old in zip(parts, node.parts, strict=True)):
        return joined(node, parts)
    return tree if isinstance(tree, tuple) or node.kind == "slice" else shallow(tree)


def joined(node: Node, parts: list[Any]) -> Any:
    """What `node` was made of, with other parts."""
    return KINDS[node.kind].join(node.type, parts, node.context)


def known(leaf: Any) -> bool:
    """Whether a leaf can be compared and written to a file."""
    import enum

    import numpy as np
    import torch

    if isinstance(leaf, np.ndarray | np.generic):
        return leaf.dtype.kind in "biufcSUmM" and not isinstance(leaf, np.ma.MaskedArray)
    if isinstance(leaf, torch.Tensor):
        return is_plain_tensor(leaf) and not leaf.is_meta
    torches = (torch.dtype, torch.device, torch.layout, torch.memory_format)
    return isinstance(leaf, (*SIMPLE, *torches, enum.Enum, type))


def refusal(path: str, leaf: Any) -> str:
    """Why a leaf is not taken, and what to do."""
    kind, way = type(leaf).__name__, "register it with torch.utils._pytree or return tensors"
    if hasattr(leaf, "__next__") or hasattr(leaf, "__await__"):
        way = "no work is done before it is asked; return a list of what it gives"
    elif getattr(leaf, "is_meta", False):
        kind += " on the meta device, which has no values"
    elif hasattr(leaf, "is_meta"):
        way = "give its class __tensor_flatten__ and __tensor_unflatten__, or return plain tensors"
    elif hasattr(leaf, "dtype"):
        kind += f" of {leaf.dtype}"
    return f"{path} is a {kind}; {way}"
