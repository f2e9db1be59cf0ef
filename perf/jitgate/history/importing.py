"""Runs from elsewhere: pytest-benchmark's JSON (ours and plain), exported runs, and other stores; also inside a ZIP."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from jitgate.device.fingerprint import Fingerprint
from jitgate.device.private_folder import why_not_plain
from jitgate.gates.tracked import MEMORY, RATIO, TIME
from jitgate.history.database import open_database
from jitgate.history.problem import HistoryError
from jitgate.history.record import PointRecord, RunRecord, SeriesKey
from jitgate.history.spool import from_json
from jitgate.history.transfer import runs_of
from jitgate.history.well_formed import checked

SUFFIXES = (".json", ".jsonl", ".zip", ".db")

LONGEST_BYTES = 1 << 30
"""Of one file; pytest-benchmark writes megabytes where it keeps every round."""

WRONG = ("FAIL", "INVALID")


def found_in(path: Path) -> Iterator[tuple[Path, RunRecord | str]]:
    """Each run of a file or of a folder with all below it, with its file; or a sentence for a file that has none."""
    if path.is_dir():
        for each in sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file()):
            yield from found_in(each)
        return
    try:
        why = why_not_plain(path.resolve(), None if path.suffix in (".db", ".zip") else LONGEST_BYTES)
        if why is not None:
            yield path, f"{path} is not read: {why}"
        elif path.suffix == ".db":
            yield from ((path, run) for run in _stored(path))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield from _packed(path, archive)
        else:
            yield from _texts(path, path.read_bytes())
    except (HistoryError, FileNotFoundError) as problem:
        yield path, str(problem)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as problem:
        # The last three: a ZIP that is encrypted, of another way of packing, or damaged.
        yield path, f"{path} can't be read: {problem}"


def _packed(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[Path, RunRecord | str]]:
    for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
        if not entry.filename.endswith((".json", ".jsonl")):
            continue
        if entry.file_size > LONGEST_BYTES:
            yield path, f"{path / entry.filename} is not read: it is longer than {LONGEST_BYTES} bytes"
        else:
            yield from _texts(path / entry.filename, archive.read(entry))


def _stored(path: Path) -> list[RunRecord]:
    database = open_database(str(path), create=False)
    try:
        with database.reading() as connection:
            return list(runs_of(connection))
    finally:
        database.close()


def _texts(path: Path, content: bytes) -> Iterator[tuple[Path, RunRecord | str]]:
    """One run a file, or of `.jsonl` one a line."""
    if not content.strip():
        yield path, f"{path} is empty: the run that should have written it was ended"
        return
    parts = content.splitlines() if path.suffix == ".jsonl" else [content]
    for part in parts:
        try:
            document = json.loads(part)
        except (ValueError, RecursionError):
            yield path, f"{path} is cut off or no JSON; write it again"
            continue
        try:
            found = from_json(document) if "points" in document else checked(of_benchmarks(document, part))
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
            yield path, f"{path} is JSON, and no run of pytest-benchmark or jitgate"
        else:
            yield path, found


def of_benchmarks(document: Mapping[str, Any], content: bytes) -> RunRecord:
    """A run of pytest-benchmark's JSON. Raises KeyError, TypeError or ValueError for what is none."""
    facts = document["machine_info"]
    commit = document.get("commit_info") or {}
    names = {field.name for field in fields(Fingerprint)}
    ours = isinstance(facts, Mapping) and facts.keys() == names
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    fingerprint = Fingerprint(**facts).slug if ours else f"plain-{digest}"
    points = [point for entry in document["benchmarks"] for point in _points(entry, fingerprint)]
    device = next((key.machine for key in (point.series for point in points) if key.metric == RATIO), "cpu")
    return RunRecord(
        uid=hashlib.sha256(content).hexdigest()[:32],
        started_at=str(document["datetime"]),
        device=device,
        fingerprint=fingerprint,
        commit=str(commit.get("id") or ""),
        branch=str(commit.get("branch") or "").replace("(unknown)", ""),
        dirty=bool(commit.get("dirty")),
        origin="import",
        facts=dict(facts),
        points=tuple({point.series: point for point in points}.values()),
    )


def _points(entry: Mapping[str, Any], fingerprint: str) -> Iterator[PointRecord]:
    stats, own = entry["stats"], entry.get("extra_info", {}).get("jitgate")
    if not isinstance(own, Mapping):
        key = SeriesKey(*_plain_cell(entry), "", TIME, "", fingerprint)
        yield PointRecord(key, float(stats["median"]), count=int(stats["rounds"]))
        return
    cell = (own["workload"], own["scenario"], own["variant"])
    verdicts = [gate["verdict"] for gate in own["gates"] if gate.get("on_fail", "fail") == "fail"]
    worst = next((each for each in (*WRONG, "INCONCLUSIVE", "PASS") if each in verdicts), "")
    more: dict[str, Any] = {"outcome": worst, "left_out": {"FAIL": "red", "INVALID": "INVALID"}.get(worst, "")}
    key = SeriesKey(*cell, "", TIME, own["precision"], fingerprint)
    yield PointRecord(key, float(stats["median"]), count=int(stats["rounds"]), **more)
    speedup, peak = own["speedup"], own["memory"].get("peak_bytes")
    if speedup is not None and speedup["estimate"]:
        kind = str(own["device"]).split(":")[0]
        ratio = SeriesKey(*cell, own["baseline"], RATIO, own["precision"], kind)
        yield PointRecord(
            ratio, float(speedup["estimate"]), speedup["low"], speedup["high"], count=int(speedup["pairs"]), **more
        )
    if peak:
        memory = SeriesKey(*cell, "", MEMORY, own["precision"], fingerprint)
        yield PointRecord(memory, float(peak), float(peak), float(peak), count=1, **more)


def _plain_cell(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """A benchmark that is not ours: file, test and parameters stand for workload, scenario and variant."""
    file, _, test = str(entry["fullname"]).rpartition("::")
    name, _, parameters = test.partition("[")
    return tuple(re.sub("/", ".", part) or "-" for part in (file, name, parameters.rstrip("]")))  # type: ignore[return-value]
