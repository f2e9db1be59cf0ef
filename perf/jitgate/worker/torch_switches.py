"""What a model sets in torch for its whole process: a worker that loads a file does not build it, and is set so too.

Runs in workers. Left out is what a variant sets for itself: TF32, and the precision of products.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Switch = tuple[Callable[[], bool], Callable[[bool], object]]
"""How it is read, and how it is set."""


@dataclass(frozen=True)
class TorchSwitches:
    """As they are before any code of a model runs: `now()`."""

    threads: int = 0
    switches: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def now(cls) -> TorchSwitches:
        import torch

        return cls(torch.get_num_threads(), {name: read() for name, (read, _) in _all()})

    def changed(self) -> Mapping[str, bool]:
        """Switch -> what it is now, of those that were changed since."""
        return {name: read() for name, (read, _) in _all() if read() != self.switches.get(name, read())}

    def threads_of(self, asked: int | None) -> int | None:
        """That a workload asks for, or that its model has set; None for neither."""
        found = sys.modules["torch"].get_num_threads()
        return asked if asked is not None or found == self.threads else found


def set_to(threads: int | None, switches: Mapping[str, bool]) -> None:
    """As the model has set them. threads: None leaves them as they are."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    every = dict(_all())
    for name, value in switches.items():
        if name in every:
            every[name][1](value)


def _all() -> Iterator[tuple[str, Switch]]:
    """Those that this torch has."""
    import torch

    yield (
        "torch.use_deterministic_algorithms",
        (
            torch.are_deterministic_algorithms_enabled,
            lambda value: torch.use_deterministic_algorithms(value, warn_only=True),
        ),
    )
    places: tuple[tuple[str, Any], ...] = (
        ("mkldnn", torch.backends.mkldnn),
        ("cudnn", torch.backends.cudnn),
        ("nnpack", getattr(torch.backends, "nnpack", None)),
    )
    for name, place in places:
        for flag in ("enabled", "benchmark", "deterministic"):
            if isinstance(getattr(place, flag, None), bool):
                yield f"torch.backends.{name}.{flag}", _flag(place, flag)
    fast, cuda = torch.backends.mha, torch.backends.cuda
    if hasattr(fast, "get_fastpath_enabled"):
        yield "torch.backends.mha.set_fastpath_enabled", (fast.get_fastpath_enabled, fast.set_fastpath_enabled)
    for kind in ("flash", "mem_efficient", "math", "cudnn"):
        read, write = getattr(cuda, f"{kind}_sdp_enabled", None), getattr(cuda, f"enable_{kind}_sdp", None)
        if read is not None and write is not None:
            yield f"torch.backends.cuda.enable_{kind}_sdp", (read, write)


def _flag(place: Any, name: str) -> Switch:
    return lambda: bool(getattr(place, name)), lambda value: setattr(place, name, value)
