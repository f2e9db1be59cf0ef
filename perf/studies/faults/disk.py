"""Part C: a full disk is called a full disk, wherever it fills. Its own small file system, where one can be mounted."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from studies.faults.fault import FAILED, OK, USAGE, Fault, Session
from studies.faults.saving import EVERYTHING

ROOM_KIB = 64
"""Of the file system: the model's weights alone take more."""


def cannot_mount() -> str:
    """Mounting takes root, and a system that lets root do it."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "mounting a small file system takes root on Linux"
    return ""


def no_limits() -> str:
    """Whether a process can be kept from writing large files."""
    return "" if importlib.util.find_spec("resource") else "this system has no limit on the size of files"


def mounted(*parts: str, filled: bool = False, room_kib: int = ROOM_KIB, left_kib: int = 0) -> Callable[[Path], None]:
    """A small file system at that place below the folder; filled: with so much left in it."""

    def before(folder: Path) -> None:
        place = folder.joinpath(*parts)
        place.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={room_kib}k,mode=700", "tmpfs", str(place)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a command of ours
        if filled:
            with (place / "filler").open("wb") as file:
                file.write(b"0" * ((room_kib - left_kib) << 10))

    return before


def unmounted(*parts: str) -> Callable[[Path], None]:
    """Give it back."""

    def after(folder: Path) -> None:
        subprocess.run(["umount", "-l", str(folder.joinpath(*parts))], check=True, capture_output=True)  # noqa: S603, S607

    return after


DISK = [
    Fault(
        *("C", "the disk of the temporary folder is full at the start"),
        Session(
            "full-tmp-before",
            before=mounted("tmp", filled=True, left_kib=8),
            after=unmounted("tmp"),
            lacks=cannot_mount,
        ),
        *(USAGE, "no temporary folder can be used in"),
        may_leave=("temporary filler",),
    ),
    Fault(
        *("holds", "the disk of the temporary folder fills while rounds are made, and outputs are small"),
        Session(
            "full-tmp",
            ("fills_the_disk", "plain"),
            before=mounted("tmp", room_kib=8 << 10),
            after=unmounted("tmp"),
            lacks=cannot_mount,
        ),
        *(OK, "10 of 10 gates held"),
        may_leave=("temporary filler",),
    ),
    Fault(
        *("C", "the disk of the artefacts is full"),
        Session(
            "full-cache",
            ("torchscript", "plain"),
            before=mounted(".jitgate", "cache"),
            after=unmounted(".jitgate", "cache"),
            lacks=cannot_mount,
        ),
        *(FAILED, "the disk that holds"),
    ),
    Fault(
        *("C", "the disk of the rounds is full"),
        Session(
            "full-rounds",
            made=True,
            arguments=EVERYTHING,
            before=mounted(".jitgate", "rounds", filled=True),
            after=unmounted(".jitgate", "rounds"),
            lacks=cannot_mount,
        ),
        *(FAILED, "NOT SAVED the rounds of w s: the disk is full"),
        there=("out.json", "junit.xml", "report.md", ".jitgate/history.db"),
    ),
    Fault(
        *("C", "no file may become larger than 60 KiB (ulimit -f)"),
        Session("file-limit", ("torchscript", "plain"), file_limit_bytes=60 << 10, lacks=no_limits),
        *(FAILED, "in the export, and a file could not be written"),
    ),
]
