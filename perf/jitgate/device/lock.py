"""Two runs never share a device: a file lock for each card, and one for the CPU."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from jitgate.device.device import Device
from jitgate.device.private_folder import why_not_private, write_private
from jitgate.model.errors import UsageError
from jitgate.model.file_problem import file_problem
from jitgate.model.plain_file import read_json

FOLDER_VARIABLE = "JITGATE_LOCKS"
"""Environment variable that names another folder for the locks. Runs with different folders do not wait for each
other."""

LONGEST_NOTE_BYTES = 1 << 16
"""A note has a process, a time and a path."""

POLL_S = 0.5
"""A waiting run looks this often: short against a run's minutes, and too seldom to disturb the run it waits for."""


class RunLock:
    """Held by one run for one device, from its first worker to its end.

    The operating system releases it when the process ends, however it ends (flock; LockFileEx on Windows). A note next
    to it tells waiting runs which process holds it; the note never decides anything.
    """

    def __init__(self, device: Device, folder: Path | None = None) -> None:
        self._device = device
        self._folder = folder or lock_folder()
        name = re.sub(r"[^A-Za-z0-9-]+", "-", lock_name(device))
        self._note = self._folder / f"{name}.json"
        self._path = self._folder / f"{name}.lock"
        self._lock: filelock.BaseFileLock | None = None

    def acquire(self, wait_s: float, waiting: Callable[[str], object] = lambda _: None) -> None:
        """Take the lock; while another run has it, tell `waiting` which one, for up to `wait_s` seconds.

        Raises UsageError where it is still taken then, or the folder can't be written. Does nothing where this run has
        it already.
        """
        if self._lock is not None:
            return
        lock = self._made()
        began = time.monotonic()
        while not self._try(lock):
            waited = time.monotonic() - began
            holder = f"{self._device.name} is in use by {self._noted()}"
            if waited >= wait_s:
                raise UsageError(
                    f"{holder}, and two runs on one device disturb each other; waited {waited:.0f} s: "
                    "let that run end, or wait longer (--jitgate-lock-timeout)"
                )
            waiting(f"waiting: {holder}; {waited:.0f} of {wait_s:.0f} s (--jitgate-lock-timeout)")
            time.sleep(min(POLL_S, wait_s - waited))
        self._lock = lock
        with contextlib.suppress(OSError):
            note = {"pid": os.getpid(), "since": time.time(), "where": str(Path.cwd())}
            write_private(self._note, json.dumps(note).encode())

    def release(self) -> None:
        """Release it; does nothing where it is not held."""
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._note.unlink(missing_ok=True)
            lock, self._lock = self._lock, None
            lock.release()

    def holder(self) -> str | None:
        """The run that has it now; None where it is free. UsageError where the folder can't be written."""
        lock = self._made()
        if not self._try(lock):
            return self._noted()
        lock.release()
        return None

    def _made(self) -> filelock.BaseFileLock:
        try:
            why = _why_not(self._folder)
        except OSError as error:
            raise self._unwritable(error) from None
        if why is not None:
            raise UsageError(
                f"the lock of {self._device.name} is not taken in {self._folder}: {why}; name a folder of your own in "
                f"{FOLDER_VARIABLE}"
            )
        return filelock.FileLock(self._path, mode=0o600)

    def _try(self, lock: filelock.BaseFileLock) -> bool:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise self._unwritable(error) from None
        return True

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"the lock of {self._device.name} can't be written in {self._folder} ({file_problem(error)}); "
            f"name another folder in {FOLDER_VARIABLE}"
        )

    def _noted(self) -> str:
        """The holder, as far as the note tells: it is written a moment after the lock is taken."""
        try:
            note: dict[str, Any] = read_json(self._note, LONGEST_NOTE_BYTES)
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(note["since"]))
            return f"process {note['pid']:d} (in {note['where']}) since {since}"
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return "another run"


def lock_name(device: Device) -> str:
    """What two runs must not share: a card by its UUID, whatever number it has; the CPU as a whole."""
    if device.card is not None and device.card.uuid:
        return device.card.uuid
    return device.name


def lock_folder() -> Path:
    """A folder of this user on this machine: the first of `_places` that is closed to others; the last one if none is,
    which is then refused with its reason."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    places = list(_places())
    for place in places:
        with contextlib.suppress(OSError):
            if _why_not(place) is None:
                return place
    return places[-1]


def _places() -> Iterator[Path]:
    """The runtime directory of the user's login; where there is none, the home folder, by machine, since it may be on
    many machines and a device is not; last the temporary folder, where anyone may have been first."""
    temporary = Path(tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no login, and so no such directory
        runtime = platformdirs.user_runtime_path("jitgate", appauthor=False)
    if not any(runtime.is_relative_to(each) for each in (temporary, "/tmp")):  # noqa: S108 - where platformdirs falls back to
        yield runtime / "locks"
    machine = re.sub(r"[^A-Za-z0-9.-]+", "-", platform.node()) or "machine"
    yield platformdirs.user_state_path("jitgate", appauthor=False) / "locks" / machine
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""  # Windows has a temporary folder for each user
    yield temporary / f"jitgate{user}"


def _why_not(folder: Path) -> str | None:
    """As `why_not_private`, of a folder that is made where there is none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return why_not_private(folder)
