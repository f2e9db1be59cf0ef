"""What the plugin costs the start of pytest: `python -m tests.guest.startup [REPETITIONS]`, run by hand; no test.

Two figures, each a difference of medians of runs that take turns: an empty test with the plugin and with
`-p no:jitgate`, in a project without gates; and the collection of `perf` in this repository and that empty test.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def seconds(folder: Path, arguments: Sequence[str]) -> float:
    """How long one run of pytest takes."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - begin


def main(repetitions: int) -> None:
    """Print the medians and their differences."""
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name)
        (empty / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        runs: dict[str, tuple[Path, list[str]]] = {
            "without": (empty, ["-p", "no:jitgate"]),
            "inactive": (empty, []),
            "collecting perf": (ROOT, ["--collect-only", "perf"]),
        }
        times: dict[str, list[float]] = {which: [] for which in runs}
        for _ in range(repetitions + 1):
            for which, (folder, arguments) in runs.items():
                times[which].append(seconds(folder, arguments))
    medians = {which: statistics.median(each[1:]) for which, each in times.items()}  # the first one fills caches
    for which, median_s in medians.items():
        print(f"{which}: {median_s * 1000:.0f} ms, {(median_s - medians['without']) * 1000:+.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
