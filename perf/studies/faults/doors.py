"""Part D: folders that others may write in, and names that a log would take for commands."""

from __future__ import annotations

from pathlib import Path

from studies.faults.fault import USAGE, Fault, Session
from studies.faults.inputs import no_modes

HOSTILE_NAME = "w\\n::error::pwned\\u202e##[error]\\u001b[31m"
RAW = ("\x1b[31m", "\u202e", "##[error]")


def _open_locks(folder: Path) -> None:
    (folder / ".locks").mkdir()
    (folder / ".locks").chmod(0o777)


def _linked_locks(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / ".locks").symlink_to(folder / "elsewhere", target_is_directory=True)


DOORS = [
    Fault(
        *("D", "the folder of the locks may be written by everyone"),
        Session("open-locks", before=_open_locks, lacks=no_modes),
        *(USAGE, "others may write in it (mode 777)"),
    ),
    Fault(
        *("D", "the folder of the locks is a link"),
        Session("linked-locks", before=_linked_locks, lacks=no_modes),
        *(USAGE, "it is a link, or no folder"),
        gone=("elsewhere/*",),
    ),
    Fault(
        *("D", "::commands and directions in the name of a workload"),
        Session("hostile-name", made=True, workload_name=HOSTILE_NAME),
        *(USAGE, "name"),
        silent=RAW,
    ),
    Fault(
        *("D", "::commands in the reason of a gate"),
        Session("hostile-reason", made=True, limits='min_speedup = 9.0\nreason = "\\n::error::pwned\\u202e##[error]"'),
        *(1, "pwned"),
        silent=RAW[1:],
    ),
]
