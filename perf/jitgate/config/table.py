"""Reads `[tool.jitgate]`; whatever is wrong with it is said in one sentence with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from jitgate.config.gate_table import LimitKey, Table, only, parse_gate
from jitgate.config.history_table import HISTORY_KEYS, parse_history
from jitgate.config.offered import Offered
from jitgate.config.policy import Policy
from jitgate.config.selection import known_variant, with_gated
from jitgate.config.staged import with_staged
from jitgate.config.token_agreement import parse_token_agreement
from jitgate.config.tolerance import parse_tolerance
from jitgate.engines.staged import is_staged
from jitgate.model.errors import UsageError
from jitgate.model.name import name_problem
from jitgate.model.non_finite import NonFinite
from jitgate.model.partly_quantised import PartlyQuantised
from jitgate.model.size import parse_bytes
from jitgate.model.tolerance import TOLERANCE
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.workloads.checkpoint_spec import CheckpointSpec
from jitgate.workloads.spec import WorkloadSpec

_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_TOP = (
    *("alpha", "memory_limit", "cache_limit", "on_inconclusive", "plugins", "gates", "workloads", "variants"),
    "measured_paths",
    *HISTORY_KEYS,
)
_WORKLOAD = (
    *("factory", "variants", "scenarios", "nightly", "tolerance", "token_agreement", "checkpoint"),
    *("non_finite", "partly_quantised"),
)
_VARIANT = ("factory", "precision")


_REMOVED = {
    "shipped": "there are no workloads but your own and those of the packages that plugins = [...] names",
    "ceiling": "it is called memory_limit now",
}
"""Settings that are no more -> what to do instead."""


def read_policy(path: Path, kinds: Sequence[LimitKey], offered: Offered | None = None) -> Policy:
    """The policy in `path`. kinds: whose keys gates may have. offered: what packages bring to it.

    Raises UsageError for a file that can't be read, one without `[tool.jitgate]`, and for anything in the table that is
    not understood.
    """
    try:
        text = path.read_bytes().decode()
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise UsageError(f"--jitgate-config {path}: there is no such file") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except RecursionError:
        raise UsageError(f"{path} is not valid TOML: it is nested too deep") from None
    except ValueError as error:  # also a number of more digits than Python reads
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    tool = document.get("tool", {})
    table = tool.get("jitgate") if isinstance(tool, Mapping) else None
    if table is None:
        raise UsageError(f"--jitgate-config {path}: the file has no [tool.jitgate] table")
    return parse_policy(table, path.name, kinds, offered)


def parse_policy(table: Table, file: str, kinds: Sequence[LimitKey], offered: Offered | None = None) -> Policy:
    """The policy of a `[tool.jitgate]` table; `file` names it in messages. kinds: whose keys gates may have."""
    offered = offered or Offered()
    where = f"{file}, [tool.jitgate]"
    _expect(isinstance(table, Mapping), f"{where} must be a table")
    for name, instead in _REMOVED.items():
        _expect(name not in table, f"{where}: {name} was removed: {instead}")
    only(table, _TOP, where)
    _strings(table.get("plugins", []), f"{where}: plugins")
    alpha = table.get("alpha", Policy.alpha)
    # Below 1e-6 no run of practical length can decide; 0.5 is a coin.
    _expect(
        _number(alpha) and 1e-6 <= alpha < 0.5,
        f"{where}: alpha = {alpha!r} must be a number from 0.000001 to below 0.5",
    )
    inconclusive = table.get("on_inconclusive", "fail")
    _expect(
        inconclusive in ("fail", "skip"),
        f'{where}: on_inconclusive = {inconclusive!r} must be "fail", or "skip" (not green, but no failed run)',
    )
    variants = {**offered.every_variant(), **_variants(table.get("variants", {}), offered, file)}
    workloads = {**offered.workloads, **_workloads(table.get("workloads", {}), variants, offered, file)}
    sizes = {
        name: parse_bytes(table[name], f"{where}: {name}") for name in ("memory_limit", "cache_limit") if name in table
    }
    gates = table.get("gates", [])
    _expect(isinstance(gates, list), f"{file}: write gates as [[tool.jitgate.gates]] (with double brackets)")
    found = tuple(
        parse_gate(gate, kinds, variants, offered.engines, f"{file}, [[tool.jitgate.gates]] number {number}")
        for number, gate in enumerate(gates, 1)
    )
    every = with_staged(variants, workloads.values(), offered.engines)
    return Policy(
        where=file,
        alpha=float(alpha),
        memory_limit_bytes=sizes.get("memory_limit"),
        cache_limit_bytes=sizes.get("cache_limit"),
        skip_inconclusive=inconclusive == "skip",
        gates=(*found, *offered.gates),
        workloads={name: with_gated(spec, found, every) for name, spec in workloads.items()},
        variants=every,
        engines=offered.engines,
        history=parse_history(table, where),
        measured_paths=_strings(table.get("measured_paths", []), f"{where}: measured_paths"),
    )


def _variants(tables: Table, offered: Offered, file: str) -> dict[str, VariantSpec]:
    _expect(isinstance(tables, Mapping), f'{file}: write variants as [tool.jitgate.variants."name"]')
    found = {}
    for name, table in tables.items():
        where = f'{file}, [tool.jitgate.variants."{name}"]'
        _expect(isinstance(table, Mapping), f"{where} must be a table")
        only(table, _VARIANT, where)
        _name(name, where)
        _expect(
            name not in offered.every_variant() and name != CONTROL,
            f"{where}: there is a variant of this name already; choose another",
        )
        precision = table.get("precision", "fp32")
        _expect(precision in TOLERANCE, f"{where}: precision = {precision!r} must be one of {', '.join(TOLERANCE)}")
        found[name] = VariantSpec(name, _factory(table, where), precision=precision, where=where)
    return found


def _workloads(
    tables: Table, variants: Mapping[str, VariantSpec], offered: Offered, file: str
) -> dict[str, WorkloadSpec]:
    _expect(isinstance(tables, Mapping), f'{file}: write workloads as [tool.jitgate.workloads."name"]')
    found = {}
    for name, table in tables.items():
        where = f'{file}, [tool.jitgate.workloads."{name}"]'
        _expect(isinstance(table, Mapping), f"{where} must be a table")
        only(table, _WORKLOAD, where)
        _name(name, where)
        if other := offered.workloads.get(name):
            raise UsageError(f"{where}: {other.where} brings a workload of this name; choose another")
        chosen = _strings(table.get("variants", [BASELINE]), f"{where}: variants")
        for variant in chosen:
            if not is_staged(variant):
                known_variant(variant, variants, offered.engines, where)
        ordered = (BASELINE, *(variant for variant in chosen if variant != BASELINE))
        scenarios = _strings(table.get("scenarios", []), f"{where}: scenarios")
        for scenario in scenarios:
            _name(scenario, f"{where}: scenarios, {scenario!r}")
        nightly = _strings(table.get("nightly", []), f"{where}: nightly")
        own = parse_tolerance(table["tolerance"], f"{where}: tolerance") if "tolerance" in table else {}
        non_finite = table.get("non_finite", NonFinite.INVALID)
        _expect(
            non_finite in tuple(NonFinite),
            f'{where}: non_finite = {non_finite!r} must be "invalid", or "equal" (equal NaN and infinities at equal '
            "places are right)",
        )
        partly = table.get("partly_quantised", PartlyQuantised.INVALID)
        _expect(
            partly in tuple(PartlyQuantised),
            f'{where}: partly_quantised = {partly!r} must be "invalid", or "allow" (a variant of integers that leaves '
            "layers as they are is measured)",
        )
        files = _strings(table.get("checkpoint", []), f"{where}: checkpoint")
        found[name] = WorkloadSpec(
            name,
            _factory(table, where),
            scenarios,
            ordered,
            frozenset(nightly),
            where,
            own,
            checkpoint_spec=CheckpointSpec(files) if files else None,
            token_agreement=parse_token_agreement(table["token_agreement"], f"{where}: token_agreement")
            if "token_agreement" in table
            else None,
            non_finite=NonFinite(str(non_finite)),
            partly_quantised=PartlyQuantised(str(partly)),
        )
    return found


def _factory(table: Table, where: str) -> str:
    factory = table.get("factory")
    _expect(
        isinstance(factory, str) and _FACTORY.fullmatch(factory) is not None,
        f'{where}: factory = {factory!r} must name a callable, as in "mypackage.perf:encoder"',
    )
    return str(factory)


def _strings(value: object, where: str) -> tuple[str, ...]:
    _expect(
        isinstance(value, list) and all(isinstance(item, str) for item in value),
        f'{where} = {value!r} must be a list of names, as in ["eager", "torchscript"]',
    )
    names: Sequence[str] = value  # type: ignore[assignment]
    _expect(len(set(names)) == len(names), f"{where} names something twice")
    return tuple(names)


def _name(name: str, where: str) -> None:
    problem = name_problem(name)
    _expect(not problem, f"{where}: {problem}")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _expect(condition: bool, sentence: str) -> None:
    if not condition:
        raise UsageError(sentence)
