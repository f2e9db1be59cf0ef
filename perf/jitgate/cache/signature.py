"""Who wrote a manifest: a keyed digest (HMAC), with a key that only this user can read."""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from jitgate.device.private_folder import why_not_plain, why_not_private, write_private
from jitgate.model.errors import UsageError

KEY_VARIABLE = "JITGATE_CACHE_KEY"
"""Environment variable with a key in place of the user's own: for machines that share a cache and no home folder."""

KEY_BYTES = 32
"""As long as the digest: a longer key makes an HMAC no stronger."""

SHORTEST_KEY = 16
"""Characters of a key that is named in `KEY_VARIABLE`: below that it can be guessed."""

LOCK_WAIT_S = 10.0
"""Making a key takes milliseconds."""


def signature(key: bytes, name: str, said: Mapping[str, object]) -> str:
    """Of what a manifest says and of the name that its folder has, so that it stands for no other artefact."""
    text = json.dumps([name, dict(said)], sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def user_key() -> bytes:
    """The key of this user; one that lasts as long as the process where none can be kept.

    Raises UsageError for a key that is named in `KEY_VARIABLE` and too short.
    """
    named = os.environ.get(KEY_VARIABLE)
    if named is None:
        return _kept(platformdirs.user_state_path("jitgate", appauthor=False))
    if len(named) < SHORTEST_KEY:
        raise UsageError(f"{KEY_VARIABLE} is shorter than {SHORTEST_KEY} characters; name a longer one, or none")
    return hashlib.sha256(named.encode()).digest()


@functools.cache
def _kept(folder: Path) -> bytes:
    path = folder / "cache.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if why_not_private(folder) is not None:
            return secrets.token_bytes(KEY_BYTES)
        with FileLock(folder / "cache.key.lock", timeout=LOCK_WAIT_S, mode=0o600):
            return _read(path) or _made(path)
    except (OSError, NotImplementedError, Timeout):
        return secrets.token_bytes(KEY_BYTES)


def _read(path: Path) -> bytes | None:
    """None where there is none, or one that others could have read or written."""
    if not os.path.lexists(path) or why_not_plain(path, KEY_BYTES) is not None:
        return None
    found = path.stat()
    if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077):
        return None
    key = path.read_bytes()
    return key if len(key) == KEY_BYTES else None


def _made(path: Path) -> bytes:
    key, draft = secrets.token_bytes(KEY_BYTES), path.with_name(f"{path.name}.draft-{os.getpid()}")
    draft.unlink(missing_ok=True)
    write_private(draft, key)
    draft.replace(path)
    return key
