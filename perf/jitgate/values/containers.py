"""What values are nested in: how each kind of container comes apart, and together again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from jitgate.model.inputs import Call, arguments


@dataclass(frozen=True)
class Node:
    """A container that was taken apart.

    names: what each of its `parts` adds to a path, as in `.logits` or `[0]`. type, context: what `join` needs besides
    the parts; the context is made of plain values.
    """

    kind: str
    type: type
    names: list[str]
    parts: list[Any]
    context: Any = None


class Container(NamedTuple):
    """holds: whether a value is of this kind. split: its names, parts and context. join: the reverse."""

    holds: Callable[[Any], bool]
    split: Callable[[Any], tuple[list[str], list[Any], Any]]
    join: Callable[[type, list[Any], Any], Any]


def node_of(value: Any) -> Node | None:
    """`value` taken apart; None for a leaf."""
    if type(value) in _LEAVES or is_plain_tensor(value):
        return None
    kind = _EXACT.get(type(value)) or next((name for name, each in KINDS.items() if each.holds(value)), None)
    return None if kind is None else Node(kind, type(value), *KINDS[kind].split(value))


_LEAVES = frozenset({type(None), bool, int, float, str})
_EXACT: dict[type, str] = {list: "sequence", tuple: "sequence", dict: "mapping"}


def is_plain_tensor(value: Any) -> bool:
    import torch

    return type(value) in (torch.Tensor, torch.nn.Parameter) and not value.is_nested


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _split_nested(value: Any) -> tuple[list[str], list[Any], Any]:
    parts = list(value.unbind())
    return _places(parts), parts, str(value.layout).removeprefix("torch.")


def _join_nested(kind: type, parts: list[Any], layout: Any) -> Any:  # noqa: ARG001 - what every kind is given
    import torch

    return torch.nested.as_nested_tensor(parts, layout=getattr(torch, layout))


def _split_wrapped(value: Any) -> tuple[list[str], list[Any], Any]:
    names, context = value.__tensor_flatten__()
    parts = [getattr(value, name) for name in names]
    return [f".{name}" for name in names], parts, [list(names), context, value.size(), value.stride()]


def _join_wrapped(kind: Any, parts: list[Any], context: Any) -> Any:
    names, own, size, stride = context
    return kind.__tensor_unflatten__(dict(zip(names, parts, strict=True)), own, size, stride)


def _bare(value: Any) -> Any:
    """The tensor that an object of a subclass is; itself where only its own class knows that."""
    import torch

    with torch._C.DisableTorchFunctionSubclass():  # a subclass may make all that is asked of it its own
        return value.as_subclass(torch.Tensor)


def _is_subclass(value: Any) -> bool:
    return _is_tensor(value) and is_plain_tensor(_bare(value))


def _split_subclass(value: Any) -> tuple[list[str], list[Any], Any]:
    return [""], [_bare(value)], None


def _registered(value: Any) -> bool:
    """With torch's pytree, by the class itself: outputs of transformers, `torch.return_types`, a user's own."""
    from torch.utils import _pytree

    return type(value) in _pytree.SUPPORTED_NODES


def _split_registered(value: Any) -> tuple[list[str], list[Any], Any]:
    from torch.utils import _pytree

    node = _pytree.SUPPORTED_NODES[type(value)]
    parts, context = node.flatten_fn(value)
    parts = list(parts)
    if node.flatten_with_keys_fn is None:
        return _places(parts), parts, context
    keys = [key for key, _ in node.flatten_with_keys_fn(value)[0]]
    attributes = dataclasses.is_dataclass(value)
    return [f".{key.key}" if attributes and hasattr(key, "key") else str(key) for key in keys], parts, context


def _join_registered(kind: type, parts: list[Any], context: Any) -> Any:
    from torch.utils import _pytree

    return _pytree.SUPPORTED_NODES[kind].unflatten_fn(parts, context)


def _split_fields(value: Any) -> tuple[list[str], list[Any], Any]:
    return [f".{name}" for name in value._fields], list(value), None


def _split_mapping(value: Any) -> tuple[list[str], list[Any], Any]:
    keys = list(value)
    return [f"[{key!r}]" for key in keys], [value[key] for key in keys], keys


def _join_mapping(kind: Any, parts: list[Any], keys: Any) -> Any:
    items = dict(zip(keys, parts, strict=True))
    if not issubclass(kind, dict):
        return kind(items)
    made = kind.__new__(kind)  # a subclass may be made of something else (`defaultdict`)
    made.update(items)
    return made


def _split_dataclass(value: Any) -> tuple[list[str], list[Any], Any]:
    names = [field.name for field in dataclasses.fields(value) if hasattr(value, field.name)]
    return [f".{name}" for name in names], [getattr(value, name) for name in names], names


def _join_attributes(kind: Any, parts: list[Any], names: Any) -> Any:
    made = object.__new__(kind)
    for name, part in zip(names, parts, strict=True):
        object.__setattr__(made, name, part)  # a frozen dataclass lets nothing else through
    return made


def _is_cache(value: Any) -> bool:
    """What transformers keeps keys and values in; torch's pytree knows it only where a user says so."""
    return any(base.__module__ == "transformers.cache_utils" for base in type(value).__mro__)


def _split_cache(value: Any) -> tuple[list[str], list[Any], Any]:
    names = list(vars(value))
    return [f".{name}" for name in names], list(vars(value).values()), names


def _split_sequence(value: Any) -> tuple[list[str], list[Any], Any]:
    parts = sorted(value, key=repr) if isinstance(value, set | frozenset) else list(value)
    return _places(parts), parts, None


def _split_call(value: Any) -> tuple[list[str], list[Any], Any]:
    return ["", ""], list(arguments(value)), None


def _split_slice(value: Any) -> tuple[list[str], list[Any], Any]:
    return [".start", ".stop", ".step"], [value.start, value.stop, value.step], None


def _places(parts: list[Any]) -> list[str]:
    return [f"[{place}]" for place in range(len(parts))]


KINDS: dict[str, Container] = {
    "nested": Container(lambda value: _is_tensor(value) and value.is_nested, _split_nested, _join_nested),
    "wrapped": Container(
        lambda value: _is_tensor(value) and hasattr(value, "__tensor_flatten__"), _split_wrapped, _join_wrapped
    ),
    "subclass": Container(_is_subclass, _split_subclass, lambda kind, parts, _: parts[0].as_subclass(kind)),
    "registered": Container(_registered, _split_registered, _join_registered),
    "call": Container(
        lambda value: isinstance(value, Call), _split_call, lambda kind, parts, _: kind(tuple(parts[0]), parts[1])
    ),
    "fields": Container(
        lambda value: isinstance(value, tuple) and hasattr(value, "_fields"),
        _split_fields,
        lambda kind, parts, _: tuple.__new__(kind, parts),
    ),
    "mapping": Container(lambda value: isinstance(value, Mapping), _split_mapping, _join_mapping),
    "dataclass": Container(
        lambda value: dataclasses.is_dataclass(value) and not isinstance(value, type),
        _split_dataclass,
        _join_attributes,
    ),
    "cache": Container(_is_cache, _split_cache, _join_attributes),
    "slice": Container(
        lambda value: isinstance(value, slice | range), _split_slice, lambda kind, parts, _: kind(*parts)
    ),
    "sequence": Container(
        lambda value: isinstance(value, list | tuple | set | frozenset),
        _split_sequence,
        lambda kind, parts, _: kind(parts),
    ),
}
"""In this order: the first that holds a value."""
