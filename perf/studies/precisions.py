"""What a precision costs in accuracy: the study behind the table of tolerances.

`python -m studies.precisions > docs/precisions.md` writes its document. It times nothing: it converts
weights and inputs, or rounds what a linear layer multiplies, and compares the output with float32's. int8 is rounded as
int8 engines round (symmetric; weights by output channel, activations by row) and then computed in float32, so that no
engine is needed; the error that an engine adds by its own order of sums is smaller.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitgate.device.processor import cpu_model
from jitgate.model.accuracy import Accuracy, worst
from jitgate.values.leaves import leaves
from jitgate.values.tensors import kept
from jitgate.worker.accuracy import compare
from jitgate_cosyvoice.registry import shipped_workloads

if TYPE_CHECKING:
    import torch
    from jitgate.model.inputs import Inputs
    from jitgate.workloads.workload import Workload

VOICED = "cosyvoice2-small.vocoder, voiced"
"""The vocoder with a voice of some 200 Hz over 5 s, as trained weights have one and seeded weights don't."""

VOICE_HZ = 200.0

WORKLOADS = (
    "cosyvoice2-small.flow_encoder",
    "cosyvoice2-small.flow_estimator",
    "cosyvoice2-small.flow",
    "cosyvoice2-small.vocoder",
    VOICED,
    "cosyvoice-small.text_encoder",
    "cosyvoice-small.llm",
    "cosyvoice2-small.llm_prefill",
    "cosyvoice2-small.llm_decode",
)
"""Narrow models: rounding errors grow with depth, and hardly with width, over which they average."""

PRECISIONS = ("fp64", "bf16", "fp16", "autocast-bf16", "autocast-fp16", "int8 weights", "int8 dynamic")
"""fp64 shows the error of float32 itself, and so how far apart two right builds in float32 are at least."""

LEVELS = 127
"""Of symmetric int8 on either side of zero."""


@dataclass(frozen=True)
class PrecisionResult:
    """`accuracy` of one workload in one precision, or `why` it can't run in it."""

    workload: str
    precision: str
    accuracy: Accuracy | None
    why: str = ""


def study(
    workloads: tuple[str, ...] = WORKLOADS, precisions: tuple[str, ...] = PRECISIONS
) -> Iterator[PrecisionResult]:
    """Every workload's first scenario in every precision; every step of every scenario where tokens are chosen."""
    import torch
    from jitgate.model.errors import Unavailable
    from jitgate.worker.factories import build_workload

    specs = shipped_workloads()
    with torch.inference_mode():
        for name in workloads:
            spec = specs[name.removesuffix(", voiced")]
            try:
                workload = build_workload(spec.factory, name)
            except Unavailable as reason:
                yield PrecisionResult(name, "", None, str(reason))
                continue
            calls = [workload.calls("5s" if name == VOICED else next(iter(workload.scenarios)))[0]]
            if spec.token_agreement is not None:
                calls = [call for scenario in workload.scenarios for call in workload.calls(scenario)]
            if name == VOICED:
                workload.module.f0_predictor.classifier.bias.fill_(VOICE_HZ)  # type: ignore[operator,union-attr]
            right = [_leaves(workload.module(*inputs)) for inputs in calls]
            for precision in precisions:
                try:
                    found = [_leaves(_run(workload, precision, inputs)) for inputs in calls]
                except RuntimeError as error:
                    yield PrecisionResult(name, precision, None, str(error).splitlines()[0])
                else:
                    pairs = zip(found, right, strict=True)
                    yield PrecisionResult(
                        name, precision, worst(compare(*pair, workload.sound, spec.token_agreement) for pair in pairs)
                    )


def table(found: Iterator[PrecisionResult]) -> Iterator[str]:
    """Lines of Markdown."""
    yield "| workload | precision | rel. L2 error | max. error | SNR | log-mel | MR-STFT | other ids | surprisal |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for each in found:
        accuracy = each.accuracy
        if accuracy is None:
            yield f"| {each.workload} | {each.precision} | can't run: {each.why} | | | | | | |"
            continue
        if accuracy.not_finite:
            yield f"| {each.workload} | {each.precision} | {accuracy.not_finite} values are NaN or Inf | | | | | | |"
            continue
        audio = [
            "" if accuracy.snr_db is None else f"{accuracy.snr_db:.0f} dB",
            "" if accuracy.log_mel_db is None else f"{accuracy.log_mel_db:.2g} dB",
            "" if accuracy.mr_stft is None else f"{accuracy.mr_stft:.2g}",
        ]
        ids = [f"{accuracy.other_ids} of {accuracy.ids}", f"{accuracy.surprisal:.1e}"] if accuracy.ids else ["", ""]
        cells = [each.workload, each.precision, f"{accuracy.rel_l2:.1e}", f"{accuracy.max_abs:.1e}", *audio, *ids]
        yield f"| {' | '.join(cells)} |"


def rounded(tensor: torch.Tensor, axis: int | None = None) -> torch.Tensor:
    """The nearest of 255 evenly spaced values, zero among them; with a step for each index of `axis`, or row."""
    others = (-1,) if axis is None else tuple(number for number in range(tensor.dim()) if number != axis)
    step = tensor.abs().amax(dim=others, keepdim=True).clamp(min=1e-12) / LEVELS
    return (tensor / step).round() * step


def _run(workload: Workload, precision: str, inputs: Inputs) -> Any:
    import torch

    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp64": torch.float64}
    kind = kinds.get(precision.removeprefix("autocast-"))
    if precision.startswith("autocast-"):
        with torch.autocast("cpu", dtype=kind):
            return workload.module(*inputs)
    module = copy.deepcopy(workload.module)
    if kind is not None:
        for layer in module.modules():
            for name, value in vars(layer).items():
                if isinstance(value, torch.Tensor):  # tables that are no buffers, so that `to` misses them
                    setattr(layer, name, value.to(kind))
        return module.to(kind)(*_cast(inputs, kind))
    with contextlib.ExitStack() as hooks:
        for layer in module.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.weight.copy_(rounded(layer.weight, axis=0))
                if precision == "int8 dynamic":
                    hooks.callback(layer.register_forward_pre_hook(_round_inputs).remove)
        return module(*inputs)


def _round_inputs(layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:  # noqa: ARG001 - a hook's signature
    return (rounded(inputs[0]), *inputs[1:])


def _cast(inputs: Inputs, kind: torch.dtype) -> Inputs:
    import torch
    from torch.utils import _pytree

    def cast(leaf: Any) -> Any:
        return leaf.to(kind) if isinstance(leaf, torch.Tensor) and leaf.is_floating_point() else leaf

    return tuple(_pytree.tree_map(cast, inputs))


def _leaves(outputs: Any) -> list[Any]:
    return [kept(leaf) for leaf in leaves(outputs)]


_HEAD = """# What a precision costs in accuracy

Written by `python -m studies.precisions` on {date}: torch {torch}, {cpu}, seeded weights,
narrow modules at their first scenario. How far the output is from eager float32's: relative L2 error, largest absolute
error, and perceptual metrics for a mel or a waveform. `fp64` shows how far float32 itself is from the exact answer.

The tolerances in `perf/jitgate/model/tolerance.py`, and their reasons, are set from these rows. The vocoder shows why
one with trained weights is judged by perceptual metrics: a voice of 200 Hz, summed up over 5 s, carries float32's own
rounding beyond the 1e-4 that float32 is held to, yet its log-mel distance is only a thousandth of a decibel. Where
tokens are chosen (the steps of version 2's language model), a row is the worst of all steps of all scenarios. It says
how many token ids differ from float32's, and by how much they are less likely: their surprisal, -ln p by float32's own
scores, relative, above that of float32's id.

"""


def main(say: Callable[[str], object] = sys.stdout.write) -> None:
    """Print the document."""
    import torch

    say(_HEAD.format(date=dt.datetime.now(dt.UTC).date(), torch=torch.__version__, cpu=cpu_model()))
    for line in table(study()):
        say(f"{line}\n")


if __name__ == "__main__":
    main()
