"""The engines of a session, and the variants that they make: every engine in every precision it can run in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cached_property

from jitgate.engines.catalogue import Engine
from jitgate.engines.precision import Precision
from jitgate.model.errors import UsageError
from jitgate.model.variant import VariantSpec


class Engines:
    """Engines by name. A variant of one is called `engine[+word][+precision]`; float32 is not written.

    UsageError where two packages bring an engine of one name.
    """

    def __init__(self, engines: Iterable[Engine]) -> None:
        self.by_name: dict[str, Engine] = {}
        for engine in engines:
            other = self.by_name.setdefault(engine.name, engine)
            if other != engine:
                raise UsageError(
                    f"two packages bring an engine {engine.name!r}: {other.factory} and {engine.factory}; "
                    "leave one of them out with -p no:NAME"
                )

    @cached_property
    def variants(self) -> Mapping[str, VariantSpec]:
        """Every variant of every engine, by name."""
        return {spec.name: spec for engine in self.by_name.values() for spec in _variants(engine)}

    def named(self, name: str) -> VariantSpec:
        """The variant called `name`, as in `torchscript`, `eager+autocast-fp16`, `torchscript+ofi+bf16`.

        `+fp32` may be written, and is not part of the name that the variant then has. Raises UsageError, one sentence,
        for an engine, a word or a precision that there is not, and for a combination that makes no sense.
        """
        found = self.variants.get(name.removesuffix(f"+{Precision.FP32}"))
        if found is not None:
            return found
        engine_name, *parts = name.split("+")
        engine = self.by_name.get(engine_name)
        if engine is None:
            raise UsageError(
                f"there is no variant {name!r}{self._near(engine_name)} (engines: {', '.join(self.by_name)})"
            )
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
        there = ", ".join(spec.name for spec in _variants(engine))
        raise UsageError(f"there is no variant {name!r}; of {engine_name} there are: {there}")

    def _near(self, word: str) -> str:
        close = difflib.get_close_matches(word, list(self.by_name), n=1)
        return f", did you mean {close[0]!r}?" if close else ""


def _variants(engine: Engine) -> Iterable[VariantSpec]:
    for word, (options, precisions) in {"": ((), engine.precisions), **engine.words}.items():
        for precision in precisions:
            parts = (engine.name, word, "" if precision is Precision.FP32 else precision.value)
            yield VariantSpec(
                "+".join(part for part in parts if part),
                engine.factory,
                engine.exported,
                precision.value,
                where=engine.factory.partition(".")[0],
                engine=engine.name,
                options=(*engine.options, *options),
                packages=tuple((package.modules, package.extra) for package in engine.packages),
                cuda_only=engine.cuda_only,
                last_python=engine.last_python,
            )
