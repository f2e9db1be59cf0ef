"""One variant in a worker: its engine, and its precision on the module, the inputs and the calls."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.cache.keys import digest_of
from jitgate.engines.available import missing
from jitgate.engines.precision import Precision, adapted, cast, converted, switch
from jitgate.engines.protocols import Exported, Facts, Runner
from jitgate.engines.refusal import lacks_precision, refusing
from jitgate.engines.remembered import recall
from jitgate.model.answers import EngineFacts
from jitgate.model.artefact_file import Files
from jitgate.model.errors import Unavailable, UsageError
from jitgate.model.inputs import Inputs, called
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.worker.content import files_of
from jitgate.worker.factories import resolve

if TYPE_CHECKING:
    import torch


class VariantRunner:
    """One variant on one device.

    Raises Unavailable where the variant can't run here. A user's variant takes care of its precision itself: its module
    and inputs stay float32, and its outputs are held to the precision in its configuration.
    """

    def __init__(self, spec: VariantSpec, device: str) -> None:
        self.spec = spec
        self._device = device
        self._precision = Precision(self.spec.precision) if self.spec.engine else Precision.FP32
        reason = missing(self.spec, device)
        if reason is not None:
            raise Unavailable(reason)

    def described(self) -> EngineFacts:
        """What the host needs to name the files of an exported engine; its source is part of the key."""
        engine = self._engine()
        facts: dict[str, object] = {name: str(value) for name, value in engine.options().items()}
        sources = files_of({type(engine).__module__})
        facts |= {f"source {path.name}": path.read_bytes() for path in sources}
        key = digest_of({**facts, "precision": self.spec.precision, "options": self.spec.options})
        return EngineFacts(engine.suffix, engine.per_signature, key, engine.unavailable())

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        """Write the file of an exported engine, from the module in the variant's precision."""
        ready = self.converted(module)
        inputs = [self.inputs(call) for call in calls]
        if self._precision.converts:
            self._try(ready, inputs[0])
        engine = self._engine()
        # Engines of ours say themselves what is a refusal, and what a fault of theirs.
        with refusing(self.spec.name) if self.spec.where != "jitgate" else contextlib.nullcontext():
            return engine.export(ready, inputs, path)

    def loaded(self, files: Files) -> dict[str, Runner]:
        """Signature -> runner; each file is loaded once."""
        switch(self._precision, self._device)
        engine = self._engine()
        by_path: dict[Path, Runner] = {}
        for file in files.values():
            recall(file.facts)
            if file.path not in by_path:
                by_path[file.path] = self.cast(engine.load(file.path, self._device, file.facts))
        return {kind: by_path[file.path] for kind, file in files.items()}

    def converted(self, module: torch.nn.Module) -> torch.nn.Module:
        """The module in the variant's precision, in place; once more changes nothing."""
        switch(self._precision, self._device)
        return converted(module, self._precision)

    def applied(self, module: torch.nn.Module, example: Inputs) -> Runner:
        """The runner of a variant that needs the module itself. UsageError where a factory returns none."""
        ready = self.converted(module)
        make = resolve(self.spec.factory, self.spec.where)
        runner = make(ready, self.inputs(example), **dict(self.spec.options))
        if not callable(runner):
            raise UsageError(
                f"{self.spec.where}: factory {self.spec.factory!r} returned {type(runner).__name__}; "
                "it must return a callable that takes the workload's inputs"
            )
        return self.cast(runner)

    def cast(self, call: Runner) -> Runner:
        """`call` under autocast, where that is the variant's precision."""
        return cast(call, self._precision, self._device)

    def inputs(self, values: Inputs) -> Inputs:
        """One call's inputs as the runner takes them."""
        return adapted(values, self._precision)

    def explain(self, error: Exception) -> None:
        """`error` is what the first call raised: Unavailable where that is the precision's or the engine's doing."""
        reason = None if self._precision is Precision.FP32 else lacks_precision(error, self._precision)
        if reason is not None:
            raise Unavailable(f"{self.spec.name}: {reason}") from error
        if self.spec.engine not in ("", BASELINE):
            with refusing(self.spec.name):  # an engine that compiles as it runs refuses at the first call
                raise error

    def _try(self, module: torch.nn.Module, inputs: Inputs) -> None:
        """What eager can't compute in a precision, an exporter would find out later and say worse."""
        import torch

        try:
            # Not in inference mode: what a module keeps for its next call (a table of positions) would be a tensor
            # that torch.export can't follow.
            with torch.no_grad():
                called(module, inputs)
        except Exception as error:
            self.explain(error)
            raise

    def _engine(self) -> Exported:
        engine: Exported = resolve(self.spec.factory, self.spec.where)(**dict(self.spec.options))
        return engine
