"""What a worker process answers, where no other value of `model` says it already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.model.cold_start import Compilation
from jitgate.model.content_digests import ContentDigests
from jitgate.model.produced import Produced
from jitgate.model.source_tree import Origin
from jitgate.model.utterance import PipelineUtterance
from jitgate.statistics import PeakRates


@dataclass(frozen=True)
class Done:
    """The request was carried out; there is nothing to say."""


@dataclass(frozen=True)
class WorkerFacts:
    """A worker that has imported torch. enforced_by: what holds the memory cap; None where there is none."""

    torch: str
    threads: int
    enforced_by: str | None = None


@dataclass(frozen=True)
class ExportContent:
    """What an export of a module, or of a stage of it, depends on.

    artefact: the stem of its file's name; None for the workload's own. weights, source, runtime: digests.
    signatures: scenario -> signatures of its calls. spread: signature -> the sizes in which its calls differ. values:
    how many values a plain argument has, where it has several: each is a constant of an export of its own.
    """

    artefact: str | None
    weights: str
    source: str
    runtime: str
    signatures: Mapping[str, tuple[str, ...]]
    spread: Mapping[str, str]
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelFacts:
    """A model that was built.

    build_s: seconds that took. level_before_bytes: memory of the process before it. threads: that the workload asks
    for, or that the model has set; None for neither. switches: of torch -> what the model has set it to. calls:
    scenario -> how many calls it has. stages: of a pipeline, stage -> what it gives. utterances: scenario -> what a
    call of it says, where the workload tells. digests: by scenario. seed: of every call, where the workload asks for
    one. resets: whether it clears what the model keeps before every call. reset_follows: whether that clears a copy of
    the model too. origin: where its source lies. produces: scenario -> what a call makes.
    """

    build_s: float
    level_before_bytes: int
    weight_bytes: int
    calls: Mapping[str, int]
    content: ExportContent
    threads: int | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    utterances: Mapping[str, PipelineUtterance] = field(default_factory=dict)
    digests: Mapping[str, ContentDigests] = field(default_factory=dict)
    seed: int | None = None
    resets: bool = False
    reset_follows: bool = True
    origin: Origin = field(default_factory=Origin)
    produces: Mapping[str, Produced] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineFacts:
    """An exported engine. key: digest of its options and source. unavailable: why it can't export here."""

    suffix: str
    per_signature: bool
    key: str
    unavailable: str | None = None


@dataclass(frozen=True)
class ExportedFile:
    """facts: what the engine checks when it loads the file. export_s: seconds that the export took."""

    facts: Mapping[str, str]
    export_s: float


@dataclass(frozen=True)
class FirstCall:
    """Seconds of the first call. compilation: what torch.compile did up to its end; None where it did nothing."""

    first_call_s: float
    compilation: Compilation | None = None


@dataclass(frozen=True)
class FallbackCheck:
    """fallback: one sentence where the variant fell back to eager. recompiles: since the last check, cause -> count.
    partly: one sentence where only a part of it is what its name says. recorded: whether it is TorchScript, which holds
    what `forward` computes alone."""

    fallback: str | None = None
    recompiles: Mapping[str, int] = field(default_factory=dict)
    partly: str | None = None
    recorded: bool = False


@dataclass(frozen=True)
class MemoryLevel:
    """Memory now. reset: whether the platform could reset the peak."""

    level_bytes: int
    reset: bool = True


@dataclass(frozen=True)
class MeasuredPeakRates:
    """What the device does at best; or why that is not known, in `missing`."""

    rates: PeakRates | None = None
    missing: str = ""
