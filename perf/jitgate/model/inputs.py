"""The arguments of one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Inputs = tuple[Any, ...]
"""Positional arguments of one call: tensors, and plain values that stay what they are; a `Call` has more."""


class Call(Inputs):
    """The positional arguments of one call, and those that go by keyword.

    As in `jitgate.Call((), {"input_ids": ids, "attention_mask": mask})`. kwargs: name -> value, in the order of their
    names, so that two calls that differ in it alone are the same. Raises TypeError for anything else.
    """

    kwargs: dict[str, Any]

    def __new__(cls, args: Inputs = (), kwargs: Mapping[str, Any] | None = None, **others: object) -> Call:
        named = {} if kwargs is None else kwargs
        if others:
            raise TypeError(f'jitgate.Call(args, kwargs): write jitgate.Call((x,), {{"{next(iter(others))}": value}})')
        if not isinstance(args, tuple):
            raise TypeError(f"jitgate.Call(args, kwargs): args must be a tuple, not {type(args).__name__}")
        if not isinstance(named, Mapping) or not all(isinstance(name, str) for name in named):
            raise TypeError("jitgate.Call(args, kwargs): kwargs must be a dict of name -> value")
        made = super().__new__(cls, args)
        made.kwargs = dict(sorted(named.items()))
        return made

    @property
    def args(self) -> Inputs:
        """The positional arguments."""
        return tuple(self)

    def __repr__(self) -> str:
        return f"Call({self.args!r}, {self.kwargs!r})"


def arguments(inputs: Inputs) -> tuple[Inputs, dict[str, Any]]:
    """The arguments by position, and those by keyword."""
    return (inputs.args, inputs.kwargs) if isinstance(inputs, Call) else (inputs, {})


def called(run: Callable[..., Any], inputs: Inputs) -> Any:
    """What `run` returns."""
    args, kwargs = arguments(inputs)
    return run(*args, **kwargs)


def bound(run: Callable[..., Any], inputs: Inputs) -> partial[Any]:
    """`run` as a call that needs no arguments."""
    args, kwargs = arguments(inputs)
    return partial(run, *args, **kwargs)


def inputs_of(call: partial[Any]) -> Inputs:
    """What `bound` was given."""
    return Call(call.args, call.keywords) if call.keywords else call.args
