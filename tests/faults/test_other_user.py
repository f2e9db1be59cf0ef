"""Another user of the machine tries to get in: to run code, to write a file of the victim's, or to stop every run.

The victim is root here, the other one `nobody`; both are real processes of a real system.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jitgate.cache.signature import KEY_VARIABLE, _kept
from jitgate.cache.store import MANIFEST, ArtefactCache
from jitgate.device.device import Device
from jitgate.device.lock import FOLDER_VARIABLE, RunLock
from jitgate.model.errors import UsageError

NOBODY = 65534
KEY = "torchscript-0123456789abcdef0123"
EVIL = b"not what the victim has built"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="needs root, to become another user"
)


@dataclass(frozen=True)
class Place:
    """shared: where everyone may make files, as in /tmp. home: the victim's. secret: a file of the victim's."""

    shared: Path
    home: Path

    @property
    def secret(self) -> Path:
        return self.home / "secret"

    @property
    def state(self) -> Path:
        """Where the victim's key and locks lie."""
        return self.home / ".local" / "state" / "jitgate"

    @property
    def cache(self) -> Path:
        return self.shared / "project" / "cache"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shared = Path(folder)
        shared.chmod(0o1777)
        found = Place(shared, shared / "home")
        found.home.mkdir(mode=0o755)
        found.secret.write_text("precious")
        (shared / "project").mkdir()
        for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", FOLDER_VARIABLE, KEY_VARIABLE):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(found.home))
        monkeypatch.setattr(tempfile, "tempdir", folder)
        _kept.cache_clear()
        yield found
        _kept.cache_clear()


def as_nobody(act: Callable[[], object]) -> bool:
    """Whether `act` could be done at all."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            act()
            code = 0
        except PermissionError:
            code = 2
        except BaseException:  # noqa: BLE001 - a child of pytest must end here
            traceback.print_exc()
        os._exit(code)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, 2), "the attempt itself is broken"
    return ended == 0


def measured(place: Place) -> bool:
    """The victim's run takes the lock of the CPU, and leaves the secret alone."""
    lock = RunLock(Device("cpu"))
    lock.acquire(0)
    lock.release()
    return place.secret.read_text() == "precious"


def kept(place: Place) -> Path:
    """An artefact that the victim has built."""
    cache = ArtefactCache(place.cache)
    draft = cache.draft(KEY, "model.zip")
    draft.write_bytes(b"graph")
    return cache.keep(KEY, draft, 1.0, {}).path


def believed(place: Place) -> bytes | None:
    """What the victim's next run would load."""
    with contextlib.suppress(UsageError):
        artefact, _ = ArtefactCache(place.cache).find(KEY)
        return None if artefact is None else artefact.path.read_bytes()
    return None


def plant(folder: Path) -> None:
    """An artefact whose digest lies beside it."""
    (folder / KEY).mkdir(parents=True)
    (folder / KEY / "model.zip").write_bytes(EVIL)
    said = {"file": "model.zip", "size_bytes": len(EVIL), "sha256": hashlib.sha256(EVIL).hexdigest()}
    said |= {"export_s": 1.0, "facts": {}, "signature": "0" * 64}
    (folder / KEY / MANIFEST).write_text(json.dumps(said))


def occupies_the_lock_folder(place: Place) -> bool:
    for name in ("jitgate-0", "runtime-0", "jitgate"):
        as_nobody((place.shared / name).mkdir)
    return not measured(place)


def points_the_lock_folder_at_a_file(place: Place) -> bool:
    for name in ("jitgate-0", "runtime-0", "jitgate"):
        assert as_nobody(lambda name=name: (place.shared / name).symlink_to(place.home))  # type: ignore[misc]
    return not measured(place)


def points_a_lock_at_a_file(place: Place) -> bool:
    """In a folder that the victim has named, and left open."""
    locks = place.shared / "locks"
    locks.mkdir()
    locks.chmod(0o777)
    for name in ("cpu.lock", "cpu.json"):
        assert as_nobody(lambda name=name: (locks / name).symlink_to(place.secret))  # type: ignore[misc]
    with pytest.raises(UsageError, match="others may write in it"):
        RunLock(Device("cpu"), locks).acquire(0)
    return place.secret.read_text() != "precious"


def holds_the_victims_lock(place: Place) -> bool:
    measured(place)
    (lock_folder,) = (place.state / "locks").iterdir()

    def hold() -> None:
        with (lock_folder / "cpu.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    return as_nobody(hold)


def puts_an_artefact_into_an_open_cache(place: Place) -> bool:
    place.cache.mkdir()
    place.cache.chmod(0o777)
    assert as_nobody(lambda: plant(place.cache))
    return believed(place) == EVIL


def puts_an_artefact_into_a_cache_of_its_own(place: Place) -> bool:
    """Where the victim's cache is to be: the folder above was open for a moment."""
    place.cache.parent.chmod(0o777)
    assert as_nobody(lambda: plant(place.cache))
    place.cache.parent.chmod(0o755)
    return believed(place) == EVIL


def replaces_a_file_of_the_cache(place: Place) -> bool:
    path = kept(place)
    done = as_nobody(lambda: path.write_bytes(EVIL)) or as_nobody(lambda: path.parent.rename(place.shared / "away"))
    return done or believed(place) != b"graph"


def reads_or_plants_the_key(place: Place) -> bool:
    kept(place)
    key = place.state / "cache.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    return as_nobody(key.read_bytes) or as_nobody(lambda: key.write_bytes(b"0" * 32)) or as_nobody(key.unlink)


ATTEMPTS = (
    occupies_the_lock_folder,
    points_the_lock_folder_at_a_file,
    points_a_lock_at_a_file,
    holds_the_victims_lock,
    puts_an_artefact_into_an_open_cache,
    puts_an_artefact_into_a_cache_of_its_own,
    replaces_a_file_of_the_cache,
    reads_or_plants_the_key,
)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_another_user_does_not_get_in(place: Place, attempt: Callable[[Place], bool]) -> None:
    assert attempt(place) is False


def test_a_home_folder_that_is_not_the_victims_gives_no_key(place: Place) -> None:
    place.home.chmod(0o777)
    key = place.state / "cache.key"

    def first() -> None:
        place.state.mkdir(parents=True)
        key.write_bytes(b"0" * 32)
        key.chmod(0o600)

    assert as_nobody(first)
    assert _kept(place.state) != b"0" * 32


def test_what_the_victim_has_built_is_found_again(place: Place) -> None:
    kept(place)
    assert believed(place) == b"graph"
