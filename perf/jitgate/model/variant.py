"""A way of running a model, by name."""

from __future__ import annotations

from dataclasses import dataclass

Options = tuple[tuple[str, str | bool], ...]
"""Keyword arguments of a factory, as pairs: they travel to workers, and are part of an artefact's key."""

Packages = tuple[tuple[tuple[str, ...], str], ...]
"""Packages to install, each as (import names, of which one has to be there; the extra of jitgate that installs it)."""

BASELINE = "eager"
"""The variant that every speed-up is measured against, unless a gate names another."""


CONTROL = "eager#control"
"""A second worker of the baseline: what it shows is the noise floor. Not a variant: no test is parametrised by it."""

BASE, COPY = "base", "copy"
"""Roles of the two checkouts of another commit: the second one shows what building and checking out does by itself."""


def arm(variant: str, role: str) -> str:
    """The worker that runs a variant from a checkout of another commit: `eager#base`; of the head where role is ""."""
    return f"{variant}#{role}" if role else variant


def variant_of(worker: str) -> str:
    """The variant that a worker runs; names of variants have no `#`."""
    return worker.partition("#")[0]


def is_variant(worker: str) -> bool:
    """Whether a worker is a variant of the head: neither the control nor of another commit."""
    return "#" not in worker


@dataclass(frozen=True)
class VariantSpec:
    """factory: `package.module:callable`, an `Exported` engine if `exported`, else `(module, example) -> callable`.

    engine: the name of the engine that it is a variant of; "" for a variant that a user brought along, whose factory
    takes care of the precision itself. options: keyword arguments of the factory, part of an artefact's key.
    stages: of a variant that is given per stage, (stage, engine) pairs; see `jitgate.engines.staged`.
    packages, cuda_only, last_python: what it needs, as its `jitgate.engines.catalogue.Engine` says.
    """

    name: str
    factory: str
    exported: bool = False
    precision: str = "fp32"
    where: str = "jitgate"
    engine: str = ""
    options: Options = ()
    stages: tuple[tuple[str, VariantSpec], ...] = ()
    packages: Packages = ()
    cuda_only: str = ""
    last_python: int | None = None

    @property
    def roughest(self) -> str:
        """The coarsest numbers in it, by which its tolerance goes: a precision, or `int8`."""
        return "int8" if "int8" in self.engine else self.precision
