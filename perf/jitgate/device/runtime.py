"""What runs the models: Python and torch, read without importing torch, which would take seconds."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from jitgate.device.reading import Missing, Reading

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Runtime:
    """Versions, and the thread counts that environment variables set for torch."""

    python: str
    system: str
    torch: Reading[str]
    torch_cuda: Reading[str]
    threads: Reading[str]
    blocking_launches: bool


def runtime() -> Runtime:
    version = torch_version()
    return Runtime(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        torch=Missing("torch is not installed") if version == "none" else version,
        torch_cuda=torch_cuda() or Missing("the installed torch is a build without CUDA, or there is none"),
        threads=thread_settings() or Missing(f"{' and '.join(THREAD_VARIABLES)} are not set: torch chooses"),
        blocking_launches=os.environ.get("CUDA_LAUNCH_BLOCKING", "0") not in {"", "0"},
    )


def torch_version() -> str:
    """Version of the installed torch; "none" where there is none."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "none"


def torch_cuda() -> str | None:
    """The CUDA version that the installed torch was built with, from its version file; None for a build without."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    version = Path(spec.origin).with_name("version.py")
    if not version.exists():
        return None
    match = re.search(r"^cuda\b[^=]*= *['\"]([^'\"]*)['\"]", version.read_text(), re.MULTILINE)
    return match[1] if match else None


def thread_settings() -> str | None:
    """Such as `OMP_NUM_THREADS=2`; None: torch chooses by the number of processors."""
    asked = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if os.environ.get(name)]
    return ", ".join(asked) or None
