"""Joins what the steps of .ci/card have written into one file of a kind: `card_results.py STEPS RESULTS`.

Each file is written next to its place and then moved, so that it is whole at every moment. What a step left half
written is named, and left out.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET  # files that pytest has just written


def junit(found: dict[str, str]) -> str:
    """All suites, each with the name of its step."""
    root = ET.Element("testsuites")
    for step, text in found.items():
        for suite in ET.fromstring(text).iter("testsuite"):  # noqa: S314 - as above
            suite.set("name", step)
            root.append(suite)
    return ET.tostring(root, encoding="unicode")


def benchmarks(found: dict[str, str]) -> str:
    """One document of pytest-benchmark: the head of the first, the entries of all, each with the name of its step."""
    documents = {step: json.loads(text) for step, text in found.items()}
    entries = [{**entry, "step": step} for step, each in documents.items() for entry in each["benchmarks"]]
    return json.dumps({**next(iter(documents.values())), "benchmarks": entries}, indent=1)


def reports(found: dict[str, str]) -> str:
    """One after the other."""
    return "\n\n".join(f"<!-- step {step} -->\n\n{text}" for step, text in found.items())


def join(steps: Path, suffix: str, result: Path, joined: Callable[[dict[str, str]], str]) -> None:
    """Join every `STEP.suffix` that can be read."""
    found: dict[str, str] = {}
    for path in sorted(steps.glob(f"*.{suffix}")):
        text = path.read_text(encoding="utf-8")
        try:
            joined({path.name: text})
        except (ValueError, KeyError, ET.ParseError) as error:
            sys.stdout.write(f"{path.name} is left out: {error}\n")
            continue
        found[path.name.removesuffix(f".{suffix}")] = text
    if found:
        half = steps / result.name
        half.write_text(joined(found), encoding="utf-8")
        _moved(half, result)


def _moved(half: Path, result: Path) -> None:
    """Copied next to its place first, which may be another file system."""
    near = result.with_name(f".{result.name}")
    near.write_bytes(half.read_bytes())
    near.replace(result)


def main(steps: Path, results: Path) -> None:
    """Everything that there is now."""
    join(steps, "junit.xml", results / "junit.xml", junit)
    join(steps, "benchmark.json", results / "benchmark.json", benchmarks)
    join(steps, "report.md", results / "report.md", reports)
    if (steps / "rounds").is_dir():
        with tarfile.open(steps / "rounds.tar.gz", "w:gz") as archive:
            archive.add(steps / "rounds", "rounds")
        _moved(steps / "rounds.tar.gz", results / "rounds.tar.gz")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
