"""Requests and answers as plain values, which is all that may travel between host and worker.

No pickle: a worker may run another Python, or on another host.
"""

from __future__ import annotations

from typing import Any, TypeVar

import cattrs
from cattrs.strategies import configure_union_passthrough

from jitgate.model.package_requests import ImportPackages
from jitgate.model.probe_baseline import ProbeBaseline
from jitgate.model.requests import Request
from jitgate.model.str_enum import StrEnum
from jitgate.model.take_turn import TakeTurn
from jitgate.model.tree_requests import EnterTree, ProveTree

ValueT = TypeVar("ValueT")

_CONVERTER = cattrs.Converter()
_CONVERTER.register_unstructure_hook(StrEnum, lambda member: member.value)  # execnet knows no subclass of str
configure_union_passthrough(str | bool, _CONVERTER)  # options of a variant

_KINDS: set[type[Request[Any]]] = {
    ImportPackages,
    ProbeBaseline,
    TakeTurn,
    EnterTree,
    ProveTree,
    *Request.__subclasses__(),
}
_REQUESTS = {kind.__name__: kind for kind in _KINDS}


def pack(value: object) -> Any:
    """A frozen value of `model` as dicts, lists and plain values."""
    return _CONVERTER.unstructure(value)


def unpack(kind: type[ValueT], plain: Any) -> ValueT:
    """What `pack` was given."""
    return _CONVERTER.structure(plain, kind)


def pack_request(request: Request[Any]) -> list[Any]:
    """The name of the request, and its fields."""
    return [type(request).__name__, pack(request)]


def unpack_request(message: list[Any]) -> Request[Any]:
    """What `pack_request` was given."""
    name, fields = message
    return unpack(_REQUESTS[name], fields)
