"""Which method of a service answers which request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from jitgate.model.requests import Request

AnswerT = TypeVar("AnswerT")
ServiceT = TypeVar("ServiceT")
RequestT = TypeVar("RequestT")
Method = Callable[[ServiceT, RequestT], AnswerT]

_NAMES: dict[type[Request[Any]], str] = {}


def handles(
    kind: type[Request[AnswerT]],
) -> Callable[[Method[ServiceT, RequestT, AnswerT]], Method[ServiceT, RequestT, AnswerT]]:
    """The method answers requests of that type, with the answer that the type names."""

    def register(method: Method[ServiceT, RequestT, AnswerT]) -> Method[ServiceT, RequestT, AnswerT]:
        _NAMES[kind] = method.__name__
        return method

    return register


def answer(service: object, request: Request[AnswerT]) -> AnswerT:
    """Let `service` answer."""
    found: AnswerT = getattr(service, _NAMES[type(request)])(request)
    return found
