"""Notes what a process reads: its modules, the files it opens, the folders it lists, the environment."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

from jitgate.model.reads import Reads

ASKS_OTHERS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile"}
    | {"socket.connect", "socket.getaddrinfo", "sqlite3.connect"}
)
"""Audit events of what may answer otherwise tomorrow (docs.python.org/3/library/audit_events.html)."""

OF_THE_SYSTEM = ("/proc/", "/sys/")
"""What is read here is another at every reading. /dev is not: its numbers are random to begin with."""

_LIBRARIES = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_PARTS = frozenset({"site-packages", "dist-packages"})


class ObservedReads:
    """Begins to note when it is made and never ends: an audit hook stays as long as its process. Make it only where
    nothing is measured."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._written: set[str] = set()
        self._variables: set[str] = set()
        self._unseen = ""
        # The worker's own: they look at the host's process, and at nothing of a factory.
        self._other_threads = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
        self._watch_environment()
        self._watch_stat()
        sys.addaudithook(self._note)

    def of(self, factory: str) -> Reads:
        """All that was read so far. Installed packages are left out, but for the one of `factory`: the host compares
        the versions of all of them."""
        own = factory.partition(":")[0].partition(".")[0]
        files = {path for path in list(self._files) if not _installed(path)}
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if path and Path(path).is_absolute() and (name.partition(".")[0] == own or not _installed(path)):
                files.add(path)
        folders = {path for path in list(self._folders) if not _installed(path)}
        return Reads(tuple(sorted(files)), tuple(sorted(folders)), tuple(sorted(self._variables)), self._unseen)

    def _watch_environment(self) -> None:
        kind, names = type(os.environ), self._variables
        get = kind.__getitem__

        def noted(environ: Any, name: str) -> str:
            if isinstance(name, str):
                names.add(name)
            return get(environ, name)

        kind.__getitem__ = noted  # type: ignore[method-assign]

    def _watch_stat(self) -> None:
        """Whether a file is there has no audit event; `Path.exists` and most others ask `os.stat`."""
        stat = os.stat

        def noted(path: Any, *args: Any, **options: Any) -> os.stat_result:
            self._note("open", (path, "r", 0))
            return stat(path, *args, **options)

        for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            able.add(noted)
        os.stat = noted

    def _note(self, event: str, args: tuple[Any, ...]) -> None:
        if threading.get_ident() in self._other_threads:
            return
        if event == "open":
            self._note_open(*args)
        elif event in {"os.listdir", "os.scandir"}:
            path = _absolute("." if args[0] is None else args[0])
            if path is not None:
                self._folders.add(path)
        elif event in ASKS_OTHERS:
            self._note_unseen(event)

    def _note_unseen(self, what: str) -> None:
        if not self._unseen and not _importing_a_package():
            self._unseen = what

    def _note_open(self, given: Any, mode: Any, flags: Any) -> None:
        path = _absolute(given)
        if path is None:
            return
        if path.startswith(OF_THE_SYSTEM):
            self._note_unseen(path)
            return
        if _makes_new(mode, flags):
            self._written.add(path)
        elif path not in self._written:
            self._files.add(_source_of(path))


def _importing_a_package() -> bool:
    """Whether an installed package is being imported: what it asks of the machine meanwhile is about itself."""
    frame = sys._getframe(1)  # an audit hook is told nothing of its caller
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and _installed(frame.f_code.co_filename)


def _makes_new(mode: Any, flags: Any) -> bool:
    """Whether what this opens has nothing of before in it."""
    if isinstance(mode, str):
        return any(letter in mode for letter in "wx")
    return isinstance(flags, int) and bool(flags & (os.O_TRUNC | os.O_EXCL | os.O_WRONLY))


def _absolute(given: Any) -> str | None:
    if isinstance(given, bytes | str | os.PathLike):
        return str(Path(os.fsdecode(given)).absolute())
    return None


def _source_of(path: str) -> str:
    """A compiled module counts by its source."""
    if Path(path).parent.name != "__pycache__":
        return path
    try:
        return importlib.util.source_from_cache(path)
    except ValueError:
        return path


def _installed(path: str) -> bool:
    return not _PARTS.isdisjoint(Path(path).parts) or any(map(Path(path).resolve().is_relative_to, _LIBRARIES))
