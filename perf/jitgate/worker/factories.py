"""Calls the factories that a configuration names. Runs in workers."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from jitgate.building.own_model import facts_of, workload_of
from jitgate.model.error_words import causes, outermost, own_frames, shortly, shown
from jitgate.model.errors import Unavailable, UsageError
from jitgate.model.out_of_memory import about_memory
from jitgate.model.own_model import OwnModel, OwnModelFacts
from jitgate.workloads.generators import seed_all
from jitgate.workloads.weight_source import OURS, WeightSource, entered
from jitgate.workloads.workload import Workload

Made = TypeVar("Made")

HERE = str(Path(__file__).parents[1])
"""Where no line of a user's is."""


def resolve(factory: str, where: str) -> Callable[..., Any]:
    """Import `package.module:callable`; UsageError says which part is missing, and where it was asked for."""
    module_name, _, attribute = factory.partition(":")
    try:
        module = importlib.import_module(module_name)
    except BaseException as error:
        if about_memory(error):
            raise
        raise UsageError(f"{where}: factory {factory!r} can't be imported ({_cause(error)}") from error
    found = getattr(module, attribute, None)
    if not callable(found):
        raise UsageError(f"{where}: factory {factory!r}: {module_name} has no callable {attribute!r}")
    return found  # type: ignore[no-any-return]


def build_workload(
    factory: str, where: str, weight_source: WeightSource = OURS, own: OwnModel | None = None
) -> Workload:
    """Call a workload factory with every generator at seed 0, so that all workers get equal weights.

    Raises UsageError for what is wrong with the factory, also where it has not read every file of `weight_source`.
    What it says itself (UsageError, Unavailable) is raised as it is, and so is a lack of memory, which is not the
    factory's fault. own: the model that an option names, in place of a factory of the configuration.
    """
    make = resolve(factory, where) if own is None else partial(workload_of, own, partial(resolve, where=where))
    if hasattr(make, "state_dict"):
        raise UsageError(
            f"{where}: factory {factory!r} is a {type(make).__name__} itself; write a function that returns "
            "jitgate.Workload(model, {name: inputs})"
        )
    with entered(weight_source) as use:
        workload = _seeded(make, factory, where)
    if not isinstance(workload, Workload):
        raise UsageError(
            f"{where}: factory {factory!r} returned {type(workload).__name__}; it must return a jitgate.Workload"
        )
    unread = [name for name in weight_source.files if name not in use.files]
    if unread:
        raise UsageError(
            f"{where}: factory {factory!r} has not read {', '.join(unread)} of {weight_source.checkpoint}, so "
            "other weights "
            "would be measured; read them with jitgate.load_weights, or don't list them under `checkpoint`"
        )
    return workload


def describe(own: OwnModel, where: str) -> OwnModelFacts:
    """How the model that an option names is called; raises as `build_workload` does."""
    return _seeded(partial(facts_of, own, partial(resolve, where=where)), own.what, where)


def _seeded(make: Callable[[], Made], factory: str, where: str) -> Made:
    seed_all(0)
    try:
        return make()
    except (UsageError, Unavailable):
        raise
    except BaseException as error:
        if about_memory(error):
            raise
        raise UsageError(f"{where}: factory {factory!r} failed ({_cause(error)}") from error


def _cause(error: BaseException) -> str:
    """`KeyError: 'x') at models.py:8 in encoder, models.py:3 in read`: the error, and the user's own lines to it.

    What the user raised from another error is told with it, and the lines are those of the innermost.
    """
    outer, inner = causes(error)[0], causes(error)[-1]
    said = shortly(error) if outer is inner else f"{outermost(error)}, because {shortly(error)}"
    # A factory of an installed package has no lines of the user's own: then the last one of all.
    last = [f for f in traceback.extract_tb(inner.__traceback__) if not f.filename.startswith(("<", HERE))][-1:]
    frames = own_frames(inner) or own_frames(outer) or (last if not isinstance(inner, ImportError) else [])
    way = ", ".join(f"{shown(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)
    return f"{said})" + (f" at {way}" if way else "")
