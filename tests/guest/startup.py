"""What the plugin costs the start of pytest: `python -m tests.guest.startup [REPETITIONS]`, run by hand; no test.

Medians of runs that take turns: an empty test with `-p no:jitgate` and with the plugin, in a project without gates, and
the collection of `perf` in this repository. Seconds on the clock, and of the processor, which a busy machine lengthens
less.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly")


def cost(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Wall seconds and processor seconds of one run of pytest."""
    begin, before = time.perf_counter(), psutil.Process().cpu_times()
    subprocess.run([sys.executable, "-m", "pytest", *OPTIONS, *arguments], cwd=folder, capture_output=True, check=True)
    after = psutil.Process().cpu_times()
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begin, used_s


def main(repetitions: int) -> None:
    """Print the medians and their differences."""
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name)
        (empty / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        runs = {
            "without": (empty, ["-p", "no:jitgate"]),
            "inactive": (empty, []),
            "collecting perf": (ROOT, ["--collect-only", "perf"]),
        }
        costs: dict[str, list[tuple[float, float]]] = {which: [] for which in runs}
        for _ in range(repetitions + 1):
            for which, (folder, arguments) in runs.items():
                costs[which].append(cost(folder, arguments))
    for place, what in enumerate(("clock", "processor")):
        # The first one fills caches.
        medians = {which: statistics.median(each[place] for each in found[1:]) for which, found in costs.items()}
        for which, median_s in medians.items():
            more_ms = (median_s - medians["without"]) * 1000
            print(f"{what}, {which}: {median_s * 1000:.0f} ms, {more_ms:+.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
