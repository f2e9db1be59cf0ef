"""jitgate: performance-regression gates for PyTorch inference, inside pytest.

Importing this package costs nothing: torch is imported in worker processes only.
"""

from jitgate.engines.self_checking import Rebuild, Witnessed
from jitgate.model.errors import Unavailable, UsageProblem
from jitgate.workloads.checkpoint import load_weights
from jitgate.workloads.sound import Sound
from jitgate.workloads.stage import Gives, Part, Sentence
from jitgate.workloads.workload import Workload

__all__ = [
    "Gives",
    "Part",
    "Rebuild",
    "Sentence",
    "Sound",
    "Unavailable",
    "UsageProblem",
    "Witnessed",
    "Workload",
    "load_weights",
]
