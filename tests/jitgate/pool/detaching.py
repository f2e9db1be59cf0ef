"""Imported by a worker: leaves a process that has left its parent, its session and its group."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

if sys.platform != "win32" and os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        draft = Path(os.environ["DETACHED"]).with_suffix(".draft")
        draft.write_text(str(os.getpid()))
        draft.replace(os.environ["DETACHED"])
        time.sleep(600)
    os._exit(0)
