"""The variants that come with jitgate: every engine in every precision it can run in, by name; free of torch."""

from __future__ import annotations

import difflib
from functools import cache

from jitgate.engines.catalogue import ENGINES
from jitgate.engines.precision import Precision
from jitgate.model.errors import UsageError
from jitgate.model.variant import VariantSpec


@cache
def _shipped() -> dict[str, VariantSpec]:
    specs: dict[str, VariantSpec] = {}
    for name, engine in ENGINES.items():
        for word, (options, precisions) in {"": ((), engine.precisions), **engine.words}.items():
            for precision in precisions:
                parts = (name, word, "" if precision is Precision.FP32 else precision.value)
                spec = VariantSpec(
                    "+".join(part for part in parts if part),
                    engine.factory,
                    engine.exported,
                    precision.value,
                    engine=name,
                    options=(*engine.options, *options),
                )
                specs[spec.name] = spec
    # No engine: it changes what is asked of a module, not how that is run.
    specs["batched"] = VariantSpec("batched", "jitgate_cosyvoice.batched:batched")
    return specs


def shipped_variants() -> dict[str, VariantSpec]:
    """Every way of running a model that jitgate brings."""
    return dict(_shipped())


def variant_named(name: str) -> VariantSpec:
    """The shipped variant called `name`, as in `torchscript`, `eager+autocast-fp16`, `torchscript+ofi+bf16`.

    `+fp32` may be written, and is not part of the name that the variant then has. Raises UsageError, one sentence,
    for an engine, a word or a precision that there is not, and for a combination that makes no sense.
    """
    found = _shipped().get(name.removesuffix(f"+{Precision.FP32}"))
    if found is not None:
        return found
    engine_name, *parts = name.split("+")
    engine = ENGINES.get(engine_name)
    if engine is None:
        raise UsageError(f"there is no variant {name!r}{_near(engine_name)} (engines: {', '.join(ENGINES)})")
    known = {*engine.words, *(precision.value for precision in Precision)}
    for part in parts:
        if part not in known:
            raise UsageError(
                f"there is no variant {name!r}: {part!r} is neither a precision ({', '.join(Precision)}) "
                f"nor a way of {engine_name} ({', '.join(engine.words) or 'it has none'})"
            )
    precision = next((each for each in Precision if each.value == parts[-1]), None)
    why = engine.why_not.get(precision) if precision is not None else None
    if len(parts) == 1 and why:
        raise UsageError(f"{engine_name} does not run in {precision}: {why}")
    there = ", ".join(spec.name for spec in _shipped().values() if spec.engine == engine_name)
    raise UsageError(f"there is no variant {name!r}; of {engine_name} there are: {there}")


def _near(word: str) -> str:
    close = difflib.get_close_matches(word, list(ENGINES), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
