"""jitgate: performance-regression gates for PyTorch inference, inside pytest.

Importing this package costs nothing: torch is imported in worker processes only.
"""

from perf.errors import Unavailable, UsageProblem
from perf.workloads.part import Gives, Part, Sentence
from perf.workloads.workload import Workload

__all__ = ["Gives", "Part", "Sentence", "Unavailable", "UsageProblem", "Workload"]
