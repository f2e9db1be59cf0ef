"""jitgate: performance-regression gates for PyTorch inference, inside pytest.

Importing this package costs nothing: torch is imported in worker processes only.
"""

from perf.errors import Unavailable, UsageProblem
from perf.variants.evidence import Rebuild, Witnessed
from perf.workloads.checkpoint import load_weights
from perf.workloads.sound import Sound
from perf.workloads.workload import Workload

__all__ = ["Rebuild", "Sound", "Unavailable", "UsageProblem", "Witnessed", "Workload", "load_weights"]
