"""What happens before every call, outside of its time, so that a model repeats itself. Runs in workers."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from jitgate.workloads.generators import seed_all

if TYPE_CHECKING:
    import torch

    from jitgate.workloads.workload import Workload


@dataclass(frozen=True)
class BeforeCall:
    """seed: of the generators of random, numpy and torch, with the number of the call added; None leaves them. reset:
    clears what the model keeps from call to call. Without either, nothing happens."""

    seed: int | None = None
    reset: Callable[[], object] | None = None

    def __call__(self, number: int) -> None:
        """Call `number` comes next."""
        if self.seed is not None:
            seed_all(self.seed + number)
        if self.reset is not None:
            self.reset()


def before_calls_of(workload: Workload) -> BeforeCall:
    """What its calls need. Where they are seeded, inductor compiles calls of torch's own generators instead of its own
    random numbers, which no seed makes eager's."""
    if workload.seed is not None:
        import torch._inductor.config

        torch._inductor.config.fallback_random = True
    return BeforeCall(workload.seed, _reset(workload, workload.module))


def of_runner(before: BeforeCall, workload: Workload, runner: object) -> BeforeCall:
    """The same, for a variant that may run a copy of the module."""
    import torch

    return replace(before, reset=_reset(workload, runner)) if isinstance(runner, torch.nn.Module) else before


def reset_follows(workload: Workload) -> bool:
    """Whether `reset` clears the module that a variant runs, rather than the workload's own alone."""
    return workload.reset is None or _takes_module(workload.reset) or _owner(workload) is not None


def _reset(workload: Workload, module: torch.nn.Module) -> Callable[[], object] | None:
    """`reset` given the module that runs, where it takes one; a method of the workload's module becomes that of
    `module`."""
    reset, owner = workload.reset, _owner(workload)
    if reset is None or _takes_module(reset):
        return reset and partial(reset, module)
    if owner is None or module is workload.module:
        return reset
    with contextlib.suppress(AttributeError):
        return getattr(module.get_submodule(owner), reset.__name__)  # type: ignore[no-any-return]
    return reset


def _takes_module(reset: Callable[..., object]) -> bool:
    try:
        inspect.signature(reset).bind()
    except TypeError:
        return True
    except ValueError:  # there is none to be read
        return False
    return False


def _owner(workload: Workload) -> str | None:
    """The path of the layer whose method `reset` is; None where it is no such method."""
    owner = getattr(workload.reset, "__self__", None)
    return next((path for path, layer in workload.module.named_modules() if layer is owner), None)
