"""Can a variant run here? Answered without importing what it needs, so that a selection costs nothing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable

from jitgate.engines.precision import Precision
from jitgate.model.variant import VariantSpec


def missing(spec: VariantSpec, device: str) -> str | None:
    """Why `spec` can't run on `device` (cpu, cuda, cuda:N) in this environment, and how to get it; None where it can.

    What only a try can tell (a card too old, an operator that an exporter does not know) is not asked here. A variant
    that a user brought along speaks for itself.
    """
    on_cuda = device.startswith("cuda")
    if spec.cuda_only and not on_cuda:
        return f"{spec.name}: {spec.cuda_only}; use --jitgate-device cuda on a machine with a card"
    if spec.engine and spec.precision == Precision.TF32 and not on_cuda:
        return (
            f"{spec.name}: TF32 is a way of CUDA cards to multiply; use --jitgate-device cuda on a card of compute "
            "capability 8.0 or later"
        )
    if spec.last_python is not None and sys.version_info[:2] > (3, spec.last_python):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"{spec.name} is not supported on Python {version}; use Python 3.11 to 3.{spec.last_python}"
    for modules, extra in spec.packages:
        if not _installed(modules):
            wanted = f'"jitgate[{extra}]"' if extra else modules[0]
            return (
                f"{spec.name} needs the package {' or '.join(modules)}, which is not installed; get it with "
                f"python -m pip install {wanted}"
            )
    return None


def _installed(modules: Iterable[str]) -> bool:
    return any(importlib.util.find_spec(module) is not None for module in modules)
