"""jitgate: performance-regression gates for PyTorch inference, inside pytest.

Importing this package costs nothing: torch is imported in worker processes only.
"""

from jitgate.engines.self_checking import RecompileEvent, SelfChecking
from jitgate.model.errors import Unavailable, UsageError
from jitgate.workloads.checkpoint import load_weights
from jitgate.workloads.sound import Sound
from jitgate.workloads.stage import Stage, StageOutput, Utterance
from jitgate.workloads.workload import Workload

__all__ = [
    "RecompileEvent",
    "SelfChecking",
    "Sound",
    "Stage",
    "StageOutput",
    "Unavailable",
    "UsageError",
    "Utterance",
    "Workload",
    "load_weights",
]
