"""CosyVoice and CosyVoice2 as workloads of jitgate: a pytest plugin, active with `-p jitgate_cosyvoice`.

Importing this package costs nothing: torch is imported in worker processes only.
"""

from jitgate_cosyvoice.plugin import (
    pytest_addoption,
    pytest_jitgate_gates,
    pytest_jitgate_policy,
    pytest_jitgate_rules,
    pytest_jitgate_variants,
    pytest_jitgate_workloads,
)

__all__ = [
    "pytest_addoption",
    "pytest_jitgate_gates",
    "pytest_jitgate_policy",
    "pytest_jitgate_rules",
    "pytest_jitgate_variants",
    "pytest_jitgate_workloads",
]
