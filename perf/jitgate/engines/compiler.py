"""The C++ compiler that inductor calls for a CPU."""

from __future__ import annotations

import os
import shutil


def missing_compiler() -> str | None:
    """What to install where there is none; None where there is one."""
    named = os.environ.get("CXX")
    if any(shutil.which(name) for name in ([named] if named else ["c++", "g++", "clang++", "cl"])):
        return None
    return "inductor needs a C++ compiler (g++, clang++ or MSVC's cl on the PATH, or CXX) and finds none; install one"
