"""Which inputs a model takes: tried by calls, each with what the last one said that it lacks."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from jitgate.building.ids import widened
from jitgate.building.values import value_of
from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.model.out_of_memory import about_memory
from jitgate.model.own_model import InputSpec, OwnModel
from jitgate.workloads.call_mode import MODE
from jitgate.workloads.own_model import INPUT

TRIES = 6
"""Arguments are asked for one or two at a time; no model of transformers asks more often."""

MEDIA = ("pixel_values", "input_values", "input_features", "pixel_values_videos", "decoder_input_ids", "bbox")
"""Inputs of models with several, by transformers' names for them."""


class InputNeeded(UsageError):
    """A model needs an input that only a person can give."""


def settled(
    module: Any, own: OwnModel, candidates: Mapping[str, InputSpec], first: Sequence[str]
) -> tuple[InputSpec, ...]:
    """The inputs by which `module` can be called, in the order of its signature.

    candidates: every argument that can be made. first: those that are tried first. What `own` gives goes before both.
    Raises UsageError, which says what to pass, where no call is found; InputNeeded where it names an input.
    """
    _check_forward(module, own)
    takes = arguments(module)
    given = {each.name: _ranged(each, candidates) for each in own.inputs}
    _check_names([*given, *own.without], takes, own)
    there = {**candidates, **given}
    names = [name for name in dict.fromkeys([*first, *given]) if name not in own.without]
    missing = [name for name in names if name not in there]
    if missing:
        raise InputNeeded(f"{own.what}: {_needs(missing, takes)}")
    for _ in range(TRIES):
        chosen = _in_order([there[name] for name in names], takes)
        error = _error_of(module, chosen)
        if error is None:
            return widened(module, chosen, [each.name for each in own.inputs if each.low is not None], _error_of)
        said, reason = str(error), shortly(error)
        more = [name for name in takes if re.search(rf"\b{name}\b", said) and name not in (*names, *own.without)]
        lacking = [name for name in more if name in there] or _untried(there, names, own)
        if not lacking:
            break
        names += lacking
    shown = ", ".join(each.spelled for each in chosen) or "nothing"
    kind = InputNeeded if more else UsageError
    raise kind(
        f"{own.what}: forward() fails with the inputs that were made for it ({shown}): {reason}; "
        f"{_needs(more, takes) if more else f'pass others with {INPUT} NAME=SIZES:DTYPE ({_takes(takes)})'}"
    )


def _check_forward(module: Any, own: OwnModel) -> None:
    """UsageError for a module that is a holder of others: there is no pass to measure."""
    import torch

    if type(module).forward is not torch.nn.Module.forward:
        return
    name, parts = type(module).__name__, dict.fromkeys(type(part).__name__ for part in module.children())
    raise UsageError(
        f"{own.what}: {name} has no forward() to be measured; give one of its parts ({', '.join(parts) or 'none'}), by "
        f"its name or from a function that returns it, in place of {own.what}"
    )


def _untried(there: Mapping[str, InputSpec], names: Sequence[str], own: OwnModel) -> list[str]:
    """The next of the model's other media, where an error names nothing."""
    return [name for name in MEDIA if name in there and name not in (*names, *own.without)][:1]


def arguments(module: Any) -> list[str]:
    """The names that `forward` takes, without *args and **kwargs."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [name for name, each in inspect.signature(module.forward).parameters.items() if each.kind in named]


def _check_names(names: Iterable[str], takes: Sequence[str], own: OwnModel) -> None:
    for name in names:
        if name not in takes:
            close = difflib.get_close_matches(name, takes, n=1)
            near = f", did you mean {close[0]!r}?" if close else ""
            raise UsageError(f"{INPUT}: {own.what} takes no input {name!r}{near} (it takes: {', '.join(takes)})")


def _ranged(spec: InputSpec, candidates: Mapping[str, InputSpec]) -> InputSpec:
    """`spec` with the range of what would have been made under its name, where it gives none."""
    made = candidates.get(spec.name)
    if made is None or spec.low is not None or spec.dtype != made.dtype:
        return spec
    return InputSpec(spec.name, spec.sizes, spec.dtype, made.low, made.high)


def _in_order(specs: Iterable[InputSpec], takes: Sequence[str]) -> tuple[InputSpec, ...]:
    return tuple(sorted(specs, key=lambda each: takes.index(each.name)))


def _error_of(module: Any, specs: Iterable[InputSpec]) -> Exception | None:
    values = {each.name: value_of(each) for each in specs}
    try:
        MODE.first(partial(module, **values))
    except Exception as error:  # whatever a model says of inputs that it does not take
        if about_memory(error):
            raise
        return error
    return None


def _needs(missing: Sequence[str], takes: Sequence[str]) -> str:
    few = " and ".join(missing[:3])
    whole = re.search(r"ids?$|mask|indices|shapes|thw|length", missing[0])
    example = f"{INPUT} {missing[0]}=1x16:{'int64' if whole else 'float32'}"
    return f"it needs {few}, which can't be guessed; pass it as in {example} ({_takes(takes)})"


def _takes(takes: Sequence[str]) -> str:
    few = ", ".join(takes[:12]) + (", ..." if len(takes) > 12 else "")
    return f"forward takes: {few}"
