"""`--jitgate-model` and `--jitgate-input` as text: what they may say, and the workload that they become."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from jitgate.model.errors import UsageError
from jitgate.model.own_model import InputSpec, OwnModel, OwnModelFacts
from jitgate.model.variant import BASELINE
from jitgate.workloads.spec import WorkloadSpec

OPTION, INPUT, SHRINK = "--jitgate-model", "--jitgate-input", "--jitgate-shrink"

VARIANTS = (BASELINE, "compile", "inductor", "onnxruntime")
"""What a model is run by where nothing else is asked for; what is not installed is left out."""

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")

FILE = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_]\w*)")
PACKAGE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

_INPUT = re.compile(
    r"(?P<name>[A-Za-z_]\w*)=(?:(?P<none>none)|(?P<sizes>\d+(?:x\d+)*):(?P<dtype>\w+)(?::(?P<low>-?\d+)\.\.(?P<high>-?\d+))?"
    r"|(?P<value>-?\d+(?:\.\d+)?):(?P<plain>int|float)|(?P<flag>true|false))"
)


def own_model(what: str, inputs: Iterable[str], folder: Path, *, shrink: bool) -> OwnModel:
    """What the options ask for. UsageError for an input that is none."""
    if not what.strip():
        raise UsageError(f"{OPTION} names no model; write package:factory, file.py:factory, a directory or a name")
    given: dict[str, InputSpec] = {}
    without = []
    for text in inputs:
        found = parse_input(text)
        if isinstance(found, str):
            without.append(found)
        elif found.name in given:
            raise UsageError(f"{INPUT} {text}: {found.name} is given twice")
        else:
            given[found.name] = found
    return OwnModel(what.strip(), str(folder), tuple(given.values()), tuple(without), shrink)


def parse_input(text: str) -> InputSpec | str:
    """`input_ids=1x128:int64:0..999`, `steps=8:int`; `labels=none` is the name of an input that is left out."""
    found = _INPUT.fullmatch(text.replace(" ", ""))
    if found is None:
        raise UsageError(
            f"{INPUT} {text!r} is not NAME=SIZES:DTYPE, as in input_ids=1x128:int64 or input_ids=1x128:int64:0..999 "
            "(a range); NAME=8:int and NAME=true are plain values, NAME=none leaves an input out"
        )
    name, dtype = found["name"], found["dtype"]
    if found["none"]:
        return str(name)
    if found["flag"]:
        return InputSpec(name, None, "bool", float(found["flag"] == "true"))
    if found["plain"] or dtype in ("int", "float"):
        return InputSpec(name, None, found["plain"] or dtype, float(found["value"] or found["sizes"]))
    if dtype not in DTYPES:
        close = difflib.get_close_matches(dtype, DTYPES, n=1)
        near = f", did you mean {close[0]}?" if close else ""
        raise UsageError(f"{INPUT} {text!r}: there is no dtype {dtype!r}{near} (there are: {', '.join(DTYPES)})")
    sizes = tuple(map(int, found["sizes"].split("x")))
    if found["low"] is None:
        return InputSpec(name, sizes, dtype)
    low, high = int(found["low"]), int(found["high"])
    if low > high:
        raise UsageError(f"{INPUT} {text!r}: the range ends below its begin")
    return InputSpec(name, sizes, dtype, low, high)


def workload_name(what: str) -> str:
    """A name that can be part of a test id: the last part of a path or a package, and the factory."""
    last = re.split(r"[/\\]", what.rstrip("/\\"))[-1].replace(".py:", ".").replace(":", ".")
    return re.sub(r"[^\w.+-]", "_", last).lstrip("_.+-") or "model"


def scenario_name(inputs: Iterable[InputSpec]) -> str:
    """The sizes of the first tensor."""
    return next(("x".join(map(str, each.sizes)) for each in inputs if each.sizes), "call")


def spec_of(own: OwnModel, facts: OwnModelFacts, variants: tuple[str, ...]) -> WorkloadSpec:
    """The workload that is measured."""
    settled = replace(own, inputs=facts.inputs, settled=True, narrowing=facts.narrowing)
    return WorkloadSpec(
        workload_name(own.what), own.what, facts.scenarios, variants, where=OPTION, notes=facts.lines, own=settled
    )
