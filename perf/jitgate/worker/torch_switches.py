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

        return cls(torch.get_num_threads(), switches())

    def changed(self) -> Mapping[str, bool]:
        """Switch -> what it is now, of those that were changed since."""
        return {name: value for name, value in switches().items() if value != self.switches.get(name, value)}

    def threads_of(self, asked: int | None) -> int | None:
        """That a workload asks for, or that its model has set; None for neither."""
        found = sys.modules["torch"].get_num_threads()
        return asked if asked is not None or found == self.threads else found


def switches() -> dict[str, bool]:
    """Those that this torch has, as they are now."""
    return {name: read() for name, (read, _) in _all()}


def set_to(threads: int | None, wanted: Mapping[str, bool]) -> None:
    """As the model has set them. threads: None leaves them as they are."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    every = dict(_all())
    for name, value in wanted.items():
        if name in every:
            every[name][1](value)


def _all() -> Iterator[tuple[str, Switch]]:
    """Name -> how it is read and set."""
    import torch

    yield (
        "torch.use_deterministic_algorithms",
        (
            torch.are_deterministic_algorithms_enabled,
            lambda value: torch.use_deterministic_algorithms(value, warn_only=True),
        ),
    )
    backends = torch.backends
    for name, place in (
        ("mkldnn", backends.mkldnn),
        ("cudnn", backends.cudnn),
        ("nnpack", getattr(backends, "nnpack", None)),
    ):
        for flag in ("enabled", "benchmark", "deterministic"):
            if isinstance(getattr(place, flag, None), bool):
                yield f"torch.backends.{name}.{flag}", _flag(place, flag)
    yield (
        "torch.backends.mha.set_fastpath_enabled",
        (backends.mha.get_fastpath_enabled, backends.mha.set_fastpath_enabled),
    )
    yield "torch.backends.cuda.enable_flash_sdp", (backends.cuda.flash_sdp_enabled, backends.cuda.enable_flash_sdp)
    yield (
        "torch.backends.cuda.enable_mem_efficient_sdp",
        (backends.cuda.mem_efficient_sdp_enabled, backends.cuda.enable_mem_efficient_sdp),
    )
    yield "torch.backends.cuda.enable_math_sdp", (backends.cuda.math_sdp_enabled, backends.cuda.enable_math_sdp)
    if hasattr(backends.cuda, "cudnn_sdp_enabled"):  # torch 2.5
        yield "torch.backends.cuda.enable_cudnn_sdp", (backends.cuda.cudnn_sdp_enabled, backends.cuda.enable_cudnn_sdp)


def _flag(place: Any, name: str) -> Switch:
    return lambda: bool(getattr(place, name)), lambda value: setattr(place, name, value)
