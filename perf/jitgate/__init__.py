"""jitgate: performance-regression gates for PyTorch inference, inside pytest.

Importing this package is cheap: only worker processes import torch.
"""

from typing import TYPE_CHECKING

from jitgate.engines.self_checking import RecompileEvent, SelfChecking
from jitgate.model.errors import Unavailable, UsageError
from jitgate.model.inputs import Call
from jitgate.workloads.checkpoint import load_weights
from jitgate.workloads.sound import Sound
from jitgate.workloads.stage import Stage, StageOutput, Utterance
from jitgate.workloads.workload import Workload

__all__ = [
    "Call",
    "RecompileEvent",
    "SelfChecking",
    "Sound",
    "Stage",
    "StageOutput",
    "Unavailable",
    "UsageError",
    "Utterance",
    "Workload",
    "__version__",
    "load_weights",
]

__version__: str
"""Of the installed distribution."""

if not TYPE_CHECKING:  # a type checker would allow any name through it

    def __getattr__(name: str) -> str:
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version(__name__)
        except PackageNotFoundError:  # a checkout that is not installed
            return "0+unknown"
