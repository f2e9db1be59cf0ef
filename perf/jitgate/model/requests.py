"""What the host can ask of a worker process: one frozen value a request, which names the type of its answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, get_args

from jitgate.model.accuracy import Accuracy
from jitgate.model.answers import (
    Done,
    EngineFacts,
    ExportContent,
    ExportedFile,
    FallbackCheck,
    FirstCall,
    MeasuredPeakRates,
    MemoryLevel,
    ModelFacts,
    WorkerFacts,
)
from jitgate.model.artefact_file import Files, StageVariant
from jitgate.model.figures import FlopCount, UnseenShapes
from jitgate.model.memory_peaks import EmptiedCache, MemoryPeaks
from jitgate.model.non_finite import NonFinite
from jitgate.model.own_model import OwnModel, OwnModelFacts
from jitgate.model.reads import ListedScenarios, Reads
from jitgate.model.token_agreement import TokenAgreement
from jitgate.model.variant import VariantSpec

AnswerT = TypeVar("AnswerT")


class Request(Generic[AnswerT]):
    """A request that is answered by one `AnswerT`.

    phase: what the worker does meanwhile, in a user's words. capped: whether the memory cap holds meanwhile; such a
    request can be made again, and then does the same.
    """

    phase: ClassVar[str]
    capped: ClassVar[bool] = False

    @classmethod
    def answer_type(cls) -> type[AnswerT]:
        """The type between the brackets of `Request[...]`."""
        bases: tuple[Any, ...] = cls.__orig_bases__  # type: ignore[attr-defined]
        (answer,) = get_args(bases[0])
        return answer  # type: ignore[no-any-return]


@dataclass(frozen=True)
class StartWorker(Request[WorkerFacts]):
    """Import torch and take the device. memory_limit_bytes: the cap. compiled_in: torch.compile's cache folder."""

    phase: ClassVar[str] = "importing torch"
    device: str
    memory_limit_bytes: int | None = None
    compiled_in: Path | None = None


@dataclass(frozen=True)
class ListScenarios(Request[ListedScenarios]):
    """The scenarios of a user's workload."""

    phase: ClassVar[str] = "listing scenarios"
    factory: str
    where: str


@dataclass(frozen=True)
class DescribeOwnModel(Request[OwnModelFacts]):
    """Build the model that an option names, and find out how it is called."""

    phase: ClassVar[str] = "building the model to see what it takes"
    own: OwnModel


@dataclass(frozen=True)
class CheckFactory(Request[Reads]):
    """Import the factory of a user's variant."""

    phase: ClassVar[str] = "importing a variant"
    factory: str
    where: str


@dataclass(frozen=True)
class SetThreads(Request[Done]):
    """Set the threads of torch, where None leaves them as they are, and the switches that a model has set."""

    phase: ClassVar[str] = "setting threads"
    count: int | None
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenModel(Request[ModelFacts]):
    """Build the workload and put its module on the device. checkpoint, checkout, files: as `WeightSource` has them.
    own: the model of an option, with its inputs settled."""

    phase: ClassVar[str] = "building the model"
    capped: ClassVar[bool] = True
    factory: str
    where: str
    checkpoint: Path | None = None
    checkout: Path | None = None
    files: tuple[str, ...] = ()
    own: OwnModel | None = None


@dataclass(frozen=True)
class SaveInputs(Request[Done]):
    """Write the inputs of `scenarios` to `folder`, for workers that only load a file."""

    phase: ClassVar[str] = "saving inputs"
    scenarios: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class DescribeEngine(Request[EngineFacts]):
    """What the host needs to know of an exported engine to name its files."""

    phase: ClassVar[str] = "reading its engine"
    variant: VariantSpec


@dataclass(frozen=True)
class ExportModel(Request[ExportedFile]):
    """Export to `path`, for calls of one signature or for all (None); the whole module or one stage of a pipeline."""

    phase: ClassVar[str] = "the export"
    variant: VariantSpec
    path: Path
    signature: str | None = None
    stage: str | None = None


@dataclass(frozen=True)
class LoadVariant(Request[float]):
    """Make the variant ready; the seconds that takes. seed: of every call, for a worker without a workload to ask."""

    phase: ClassVar[str] = "loading"
    capped: ClassVar[bool] = True
    variant: VariantSpec
    files: Files = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True)
class MakeFirstCall(Request[FirstCall]):
    """Put the inputs of `scenario` on the device and make the first call. folder: where `SaveInputs` wrote."""

    phase: ClassVar[str] = "the first call"
    capped: ClassVar[bool] = True
    scenario: str
    folder: Path


@dataclass(frozen=True)
class WriteOutputs(Request[Accuracy]):
    """Make every call once and write its output to `folder` as the right answer."""

    phase: ClassVar[str] = "the first call of each input"
    scenario: str
    folder: Path
    token_agreement: TokenAgreement | None = None
    non_finite: NonFinite = NonFinite.INVALID


@dataclass(frozen=True)
class CompareOutputs(Request[Accuracy]):
    """Make every call once and compare its output with what `WriteOutputs` wrote to `folder`."""

    phase: ClassVar[str] = "the first call of each input"
    scenario: str
    folder: Path


@dataclass(frozen=True)
class CheckFallback(Request[FallbackCheck]):
    """Has the variant fallen back to eager? Watches one more call of `scenario`, unless it is None."""

    phase: ClassVar[str] = "a call"
    scenario: str | None = None


@dataclass(frozen=True)
class FreezeGarbage(Request[Done]):
    """Move all live objects out of the garbage collector's sight, so that no later collection walks the model."""

    phase: ClassVar[str] = "freezing the garbage collector"


@dataclass(frozen=True)
class ResetPeak(Request[MemoryLevel]):
    """Begin the steady peak of a scenario here; where the platform can't, it is the peak of the whole process."""

    phase: ClassVar[str] = "resetting the peak"


@dataclass(frozen=True)
class ReadMemory(Request[MemoryPeaks]):
    """What the variant has taken of memory so far."""

    phase: ClassVar[str] = "reading memory"


@dataclass(frozen=True)
class DescribeStages(Request[Mapping[str, ExportContent]]):
    """Stage -> what an export of it depends on; before `ReplaceStages`."""

    phase: ClassVar[str] = "describing stages"
    stages: tuple[str, ...]


@dataclass(frozen=True)
class ReplaceStages(Request[float]):
    """Time every stage from now on, and run those in `stages` in another way; the seconds of loading."""

    phase: ClassVar[str] = "loading stages"
    stages: tuple[StageVariant, ...] = ()


@dataclass(frozen=True)
class CountStageFlops(Request[Mapping[str, int]]):
    """Stage -> floating-point operations of one call, all of it under ""; empty where they can't be counted."""

    phase: ClassVar[str] = "counting operations"
    scenario: str


@dataclass(frozen=True)
class BecomeSteady(Request[tuple[float, ...]]):
    """Repeat the first call of `scenario` until its duration is steady; seconds of each call, the first included.

    limit_s: no call is made that would end later.
    """

    phase: ClassVar[str] = "warming up"
    scenario: str
    first_call_s: float
    limit_s: float = math.inf


@dataclass(frozen=True)
class ChooseUnseenShapes(Request[int]):
    """Write inputs of new sizes for `scenario` to `folder`, none of a size that a scenario in `ahead` has; how many."""

    phase: ClassVar[str] = "choosing unseen shapes"
    scenario: str
    ahead: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class TimeUnseenShapes(Request[UnseenShapes]):
    """Time calls at new sizes: those in `folder`, or (None) those of the scenario itself."""

    phase: ClassVar[str] = "calls of unseen shapes"
    scenario: str
    folder: Path | None = None


@dataclass(frozen=True)
class CountFlops(Request[FlopCount]):
    """Operations and bytes of one call; for the worker that runs the module itself."""

    phase: ClassVar[str] = "counting operations"
    scenario: str


@dataclass(frozen=True)
class MeasurePeakRates(Request[MeasuredPeakRates]):
    """What the device does at best in `precision`."""

    phase: ClassVar[str] = "measuring peak rates"
    precision: str


@dataclass(frozen=True)
class EmptyCache(Request[EmptiedCache]):
    """Empty the allocator's cache, where the device has one."""

    phase: ClassVar[str] = "emptying the cache"


@dataclass(frozen=True)
class TimeStoredAnswer(Request[float]):
    """Seconds of a call that compares its inputs with known ones and returns a copy of the answer to them."""

    phase: ClassVar[str] = "looking up a stored answer"
    scenario: str
