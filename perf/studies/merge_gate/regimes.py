"""What else a machine does during a session."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

BUSY = """
import os, sys, time
host = int(sys.argv[1])
while os.getppid() == host:
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
    time.sleep(0.7)
"""

MEMORY = """
import os, sys, time
host, size = int(sys.argv[1]), 512 * 2**20
held = bytearray(size)
while os.getppid() == host:
    for place in range(0, size, 4096):
        held[place] = (held[place] + 1) & 255
    time.sleep(0.2)
"""

REGIMES = {"quiet": "", "busy": BUSY, "memory": MEMORY}
"""quiet: nothing is added. busy: a neighbour takes a core for 0.3 s of every second. memory: one walks through half a
GiB, again and again, so that caches and bandwidth are not the model's own."""


@contextlib.contextmanager
def regime(name: str) -> Iterator[None]:
    """The neighbour of that regime runs meanwhile."""
    import os

    if not REGIMES[name]:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", REGIMES[name], str(os.getpid())]) as neighbour:  # noqa: S603
        try:
            yield
        finally:
            neighbour.kill()
