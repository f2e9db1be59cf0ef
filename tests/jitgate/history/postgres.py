"""A PostgreSQL of its own for a test: in a temporary folder, without a port, by `initdb` and `pg_ctl`."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

TOOLS = ("initdb", "pg_ctl")


def missing() -> str | None:
    """Why there can be no server here; None where there can."""
    gone = [tool for tool in TOOLS if shutil.which(tool) is None]
    if gone:
        return f"no PostgreSQL here: {', '.join(gone)} not on PATH"
    if os.geteuid() == 0 and _other_user() is None:
        return "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`"
    return None


def _other_user() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class Server:
    """One server. It refuses root, so root's tests start it as another user."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="jitgate-pg-"))
        self._user = _other_user() if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", "data", "-U", "jitgate", "-A", "trust", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        """Through its socket."""
        return f"postgresql://jitgate:never-shown@/postgres?host={self.folder}"

    def start(self) -> None:
        """Until it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self) -> None:
        """At once, whoever is connected."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def _run(self, *command: str) -> None:
        uid = None if self._user is None else self._user.pw_uid
        gid = None if self._user is None else self._user.pw_gid
        tool = shutil.which(command[0])
        assert tool is not None
        subprocess.run(
            [tool, *command[1:]],
            cwd=self.folder,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )


@contextmanager
def server() -> Iterator[Server]:
    """A server, and its end."""
    made = Server()
    try:
        yield made
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):  # where the test has stopped it
            made.stop()
        shutil.rmtree(made.folder, ignore_errors=True)
