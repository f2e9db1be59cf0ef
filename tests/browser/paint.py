"""`python -m tests.browser.paint`: size and first paint of a page with a hundred series of a thousand rounds."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.browser.conftest import STARTS
from tests.jitgate.measurements import made_of
from tests.jitgate.report.html.pages import page

SCENARIOS = 34
"""Of three series each: eager, its control, and a candidate."""

PAINT = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"


def main() -> None:
    """One line a browser."""
    every = [replace(made_of(1.4, rounds=1000, seed=seed), scenario=f"s{seed}") for seed in range(SCENARIOS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(page(*every), encoding="utf-8")
        for name, start in sorted(STARTS.items()):
            driver = start()
            driver.get(path.as_uri())
            paint_ms = driver.execute_script(PAINT)
            version = driver.capabilities["browserVersion"]
            driver.quit()
            sys.stdout.write(
                f"{path.stat().st_size / 1e6:.2f} MB, {name} {version}: first paint after {paint_ms:.0f} ms\n"
            )


if __name__ == "__main__":
    main()
