"""What there is to know of an engine before it runs: its name, its precisions, what it needs; free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.engines.precision import Precision
from jitgate.model.variant import Options


@dataclass(frozen=True)
class Package:
    """Something to install. modules: import names; one of them has to be there. extra: as in `jitgate[onnx]`; "" where
    the package has the name of its first module."""

    modules: tuple[str, ...]
    extra: str = ""


@dataclass(frozen=True)
class Engine:
    """One way of running a model.

    name: what its variants are called by. factory: `package.module:callable`, resolved in workers alone: a class that
    fulfils `jitgate.engines.protocols.Exported` if `exported`, else `(module, example, **options) -> callable`.
    precisions: those it can run in. why_not: precision -> why it can't, for those left out. words: what may stand
    between engine and precision in a name -> (keyword arguments, precisions). cuda_only: why there is none on a CPU.
    last_python: the last minor version of Python 3 that it runs on.
    """

    name: str
    factory: str
    precisions: tuple[Precision, ...]
    exported: bool = False
    options: Options = ()
    why_not: Mapping[Precision, str] = field(default_factory=dict)
    words: Mapping[str, tuple[Options, tuple[Precision, ...]]] = field(default_factory=dict)
    packages: tuple[Package, ...] = ()
    cuda_only: str = ""
    last_python: int | None = None
