"""A variant for each stage of a pipeline, spelled `flow_encoder=torchscript,flow_estimator=inductor`; free of torch.

What is not named runs as eager does. An engine is any variant there is but another spelled one.
"""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.engines.registry import Engines
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE, VariantSpec

ASSIGN = "="
AND = ","


def is_staged(name: str) -> bool:
    """Whether `name` gives a variant for each of some stages."""
    return ASSIGN in name


def staged_variant(name: str, variants: Mapping[str, VariantSpec], engines: Engines, where: str) -> VariantSpec:
    """The variant that `name` spells, from `variants`, or from `engines` where it writes `+fp32`.

    Raises UsageError, naming `where`, for a stage without an engine, an engine that there is not, a stage named
    twice, and for two precisions other than float32 in one variant: its output would have two tolerances.
    """
    stages: dict[str, VariantSpec] = {}
    for pair in name.split(AND):
        stage, _, engine = pair.partition(ASSIGN)
        if not stage.isidentifier() or not engine:
            raise UsageError(
                f"{where}: {name!r} is not a variant; write stage{ASSIGN}engine, once or more, with {AND!r} between "
                "and no spaces"
            )
        if stage in stages:
            raise UsageError(f"{where}: {name!r} names the stage {stage!r} twice")
        try:
            stages[stage] = variants[engine] if engine in variants else engines.named(engine)
        except UsageError as problem:
            raise UsageError(f"{where}: {name!r}: {problem}") from None
    lower = {spec.roughest for spec in stages.values()} - {VariantSpec.precision}
    if len(lower) > 1:
        raise UsageError(f"{where}: {name!r} mixes {' and '.join(sorted(lower))}; give its stages one precision")
    return VariantSpec(
        name,
        variants[BASELINE].factory,
        precision=next(iter(lower), VariantSpec.precision),
        where=where,
        stages=tuple(stages.items()),
    )


def stages_of(name: str) -> tuple[str, ...]:
    """The stages that a variant of this name runs in another way than eager: `()` for one that is not spelled so."""
    if not is_staged(name):
        return ()
    pairs = (pair.partition(ASSIGN) for pair in name.split(AND))
    return tuple(stage for stage, _, engine in pairs if engine != BASELINE)
