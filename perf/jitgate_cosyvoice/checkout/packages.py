"""Packages that a checkout's modules import and that can't be: all of them, each with the line that mends it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from types import TracebackType

from jitgate.model.error_words import shortly

from jitgate_cosyvoice.checkout.allowed import OWN

_DISTRIBUTIONS = {
    "cv2": "opencv-python",
    "hydra": "hydra-core",
    "sklearn": "scikit-learn",
    "whisper": "openai-whisper",
    "yaml": "PyYAML",
}
"""Import name -> name to install, where the two differ by more than case."""

_OF_TORCH = frozenset({"torchaudio", "torchvision", "torchcodec", "torchtext"})
"""Built for one build of torch: PyPI's are for CUDA, and can't be loaded next to a torch for the CPU."""

_INDEX = "https://download.pytorch.org/whl"


def problems(modules: Iterable[str]) -> str:
    """One sentence on every package that importing `modules` fails for; empty where none does.

    Each is imported here, once: only that shows a package that is installed and can't be loaded.
    """
    errors: dict[str, BaseException] = {}
    for module in modules:
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a package raises, its name is what is told
            errors[module] = error
    return _sentence(errors)


def of_error(error: BaseException) -> str:
    """As `problems`, of the one package that `error` was raised in; empty where that is the checkout itself."""
    package = _lacking(error) or culprit(error)
    return _sentence({package: error}) if package else ""


def _sentence(errors: Mapping[str, BaseException]) -> str:
    missing: dict[str, None] = {}
    broken: dict[str, str] = {}
    for module, error in errors.items():
        lacking = _lacking(error)
        if lacking:
            missing[lacking] = None
        else:
            broken.setdefault(culprit(error) or module.partition(".")[0], shortly(error))
    said = []
    if missing:
        are = "is" if len(missing) == 1 else "are"
        said.append(f"{_listed([*missing])}, which {are} not installed: {_install([*missing])}")
    said += [f"{name}, which is installed and can't be loaded ({why}): {remedy(name)}" for name, why in broken.items()]
    return ", and ".join(said)


def _lacking(error: BaseException) -> str:
    """The package that is not there at all; one that lacks a module of its own is there, of another version."""
    top = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return "" if importable(top) else top


def importable(package: str) -> bool:
    """Whether there is such a package, loadable or not."""
    if not package or package in sys.modules:
        return True
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def culprit(error: BaseException) -> str | None:
    """The package in whose import `error` was raised: the innermost that is neither torch nor Python's own."""
    found = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        top = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if top not in sys.stdlib_module_names and top not in {"torch", "jitgate", "jitgate_cosyvoice", *OWN}:
            found = top
        trace = trace.tb_next
    return found


def remedy(package: str) -> str:
    """The line that installs a loadable build of what is installed."""
    built = f"take the build for torch {_torch()}, " if package in _OF_TORCH else ""
    return f"{built}{_install([package], '--force-reinstall --no-deps ')}"


def _install(packages: Sequence[str], how: str = "") -> str:
    """`pip install ...`: without the versions of the checkout's requirements.txt, which belong to another torch.

    A second line for what comes from the index of torch's builds: with its dependencies it could bring another torch.
    """
    tag = _torch().partition("+")[2]
    of_torch = [name for name in packages if name in _OF_TORCH]
    others = [_DISTRIBUTIONS.get(name, name) for name in packages if name not in _OF_TORCH]
    lines = [f"pip install {how}{' '.join(others)}"] if others else []
    if of_torch:
        index = f" --index-url {_INDEX}/{tag}" if tag else ""
        lines.append(f"pip install {how or '--no-deps '}{' '.join(of_torch)}{index}")
    return " && ".join(lines)


def _torch() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
