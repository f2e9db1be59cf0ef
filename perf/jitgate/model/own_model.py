"""A model that one option names: what it is, and the inputs that it is called with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InputSpec:
    """One argument of `forward`, made from this description again in every worker.

    sizes: of the tensor; None for a plain value, which is `low`. dtype: torch's name; of a plain value int, float or
    bool. low, high: range of whole numbers, both ends included; where they are not given, floats are normal draws,
    whole numbers 0 or 1 (ids that the model looks up get a range, see `jitgate.building.ids`), and booleans true.
    """

    name: str
    sizes: tuple[int, ...] | None
    dtype: str
    low: float | None = None
    high: float | None = None

    @property
    def spelled(self) -> str:
        """As `--jitgate-input` takes it."""
        if self.sizes is None:
            return (
                f"{self.name}={bool(self.low)}".lower()
                if self.dtype == "bool"
                else f"{self.name}={self.low:g}:{self.dtype}"
            )
        limits = "" if self.low is None or self.high is None else f":{self.low:g}..{self.high:g}"
        return f"{self.name}={'x'.join(map(str, self.sizes))}:{self.dtype}{limits}"


@dataclass(frozen=True)
class OwnModel:
    """What `--jitgate-model` asks for.

    what: a factory, a directory or a name. folder: the current directory, where files and packages are looked for.
    inputs: what a person gave, or all of them where `settled`. without: inputs that are left out. shrink: whether the
    configuration is narrowed. narrowing: which of the narrower ones, 0 for the narrowest that can be built.
    """

    what: str
    folder: str
    inputs: tuple[InputSpec, ...] = ()
    without: tuple[str, ...] = ()
    shrink: bool = False
    settled: bool = False
    narrowing: int = 0


@dataclass(frozen=True)
class OwnModelFacts:
    """The model was built once, and called. scenarios: their names. inputs: all of them; () where its factory brings
    them. lines: what a person should know of it, a sentence each. narrowing: the one that
    could be called."""

    scenarios: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    lines: tuple[str, ...]
    narrowing: int = 0
