"""Parts C and D: configuration, caches, stores and packages that are damaged or hostile. No worker is started."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from jitgate.cache.signature import signature

from studies.faults.fault import FAILED, OK, USAGE, Fault, Session

KEY = "0123456789abcdef0123"
"""Artefacts of a made session are looked for under every name that ends like this."""

MANIFEST: Mapping[str, object] = {
    "file": "model.pt",
    "size_bytes": 3,
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "export_s": 1.0,
    "facts": {"torch": "2"},
    "built_at": "2026-01-01",
}
"""Of a file that holds `abc`."""

SECRET = "a key for this matrix alone"  # noqa: S105 - of nobody
SIGNED = (("JITGATE_CACHE_KEY", SECRET),)

WRONG: Mapping[str, object] = {
    "file-number": {**MANIFEST, "file": 7},
    "file-leaves": {**MANIFEST, "file": "../other/model.pt"},
    "file-empty": {**MANIFEST, "file": ""},
    "size-text": {**MANIFEST, "size_bytes": "3"},
    "size-huge": {**MANIFEST, "size_bytes": 10**400},
    "seconds-text": {**MANIFEST, "export_s": "1"},
    "seconds-nan": {**MANIFEST, "export_s": float("nan")},
    "facts-list": {**MANIFEST, "facts": [1]},
    "facts-null": {**MANIFEST, "facts": None},
    "facts-nested": {**MANIFEST, "facts": {"a": {"b": 1}}},
    "day-number": {**MANIFEST, "built_at": 20260101},
    "digest-null": {**MANIFEST, "sha256": None},
    "list": [],
    "number": 3,
    "null": None,
}

POSIX = hasattr(os, "mkfifo")
KINDS = ("pipe", "zero", "loop")


def _artefact(cache: Path, name: str, manifest: object = MANIFEST, *, signed: bool = False) -> Path:
    folder = cache / f"{name}-{KEY}"
    folder.mkdir(parents=True)
    (folder / "model.pt").write_bytes(b"abc")
    if signed:
        manifest = {**MANIFEST, "signature": signature(hashlib.sha256(SECRET.encode()).digest(), folder.name, MANIFEST)}
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def damaged_cache(folder: Path) -> None:
    """Artefacts of every shape, and a whole one."""
    cache = folder / ".jitgate" / "cache"
    _artefact(cache, "whole", signed=True)
    _artefact(cache, "foreign")
    (_artefact(cache, "open", signed=True)).chmod(0o777)
    for name, manifest in WRONG.items():
        _artefact(cache, name, manifest)
    _artefact(cache, "deep", "[" * 200_000)
    _artefact(cache, "noise", "\x00\ufffd{")
    (_artefact(cache, "missing") / "model.pt").unlink()
    (_artefact(cache, "other") / "model.pt").write_bytes(b"abd")
    (cache / f"is-file-{KEY}").write_bytes(b"")
    for name in ("manifest.json", "model.pt"):
        made = _artefact(cache, f"folder-{Path(name).stem}")
        (made / name).unlink()
        (made / name).mkdir()
    if POSIX:
        for name in ("manifest.json", "model.pt"):
            for kind, make in (("pipe", os.mkfifo), ("zero", _to_zero), ("loop", _to_itself)):
                made = _artefact(cache, f"{kind}-{Path(name).stem}")
                (made / name).unlink()
                make(made / name)
        (cache / f"link-{KEY}").symlink_to(cache / f"whole-{KEY}", target_is_directory=True)


def no_modes() -> str:
    """Whether a folder has a mode that says who may write in it."""
    return "" if POSIX else "this system has no modes of files"


def _open_cache(folder: Path) -> None:
    cache = folder / ".jitgate" / "cache"
    cache.mkdir(parents=True)
    cache.chmod(0o777)


def _to_zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _history_of_noise(folder: Path) -> None:
    (folder / ".jitgate").mkdir()
    (folder / ".jitgate" / "history.db").write_bytes(bytes(range(256)) * 64)


def _spool_of_noise(folder: Path) -> None:
    spool = folder / ".jitgate" / "history-spool"
    spool.mkdir(parents=True)
    for name, text in (("noise", "\x00\x01"), ("deep", "[" * 200_000), ("list", "[1]"), ("wrong", '{"points": 3}')):
        (spool / f"{name}.json").write_text(text, encoding="utf-8")
    (spool / "folder.json").mkdir()
    if POSIX:
        os.mkfifo(spool / "pipe.json")
        (spool / "zero.json").symlink_to("/dev/zero")


def _conftest(text: str) -> Callable[[Path], None]:
    """More hooks in the project's conftest.py."""

    def before(folder: Path) -> None:
        with (folder / "conftest.py").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    return before


def _hook(name: str, body: str, arguments: str = "") -> Callable[[Path], None]:
    return _conftest(f"def pytest_jitgate_{name}({arguments}):\n    {body}")


def _own_file(limit: str) -> Callable[[Path], None]:
    """A file for `--jitgate-config`: pytest itself ends with a traceback where its own pyproject.toml is like that."""

    def before(folder: Path) -> None:
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
        (folder / "gates.toml").write_text(f"{text}min_speedup = {limit}\n", encoding="utf-8")

    return before


RAISING_FORMAT = """
class Format:
    suffix = ".txt"
    def render(self, results, run):
        raise ValueError("no paper")
def pytest_jitgate_reports():
    return [Format()]
"""

BROKEN_KIND = """
from jitgate.gates.kind import GateKind
class MaxLuck(GateKind):
    key, attribute, heading, default_limit = "max_luck", "luck", "luck", 1.0
    def figure(self, asked):
        raise ValueError("no luck")
def pytest_jitgate_gates():
    return [MaxLuck()]
"""


def _hooked(name: str, body: str, says: str, arguments: str = "", code: int = USAGE) -> Fault:
    session = Session(f"hook-{name}-{len(body)}", made=True, before=_hook(name, body, arguments))
    return Fault("C", f"the hook pytest_jitgate_{name} of another package: {body}", session, code, says)


def _configured(what: str, limits: str, says: str) -> Fault:
    return Fault("C", what, Session(f"config {what}", made=True, limits=limits), USAGE, says)


CACHE = Session("damaged-cache", made=True, before=damaged_cache, environment=SIGNED)

INPUTS = [
    *(
        Fault("C", f"an artefact is damaged: {name}", CACHE, OK, f"{name}-{KEY}")
        for name in (
            *WRONG,
            *("deep", "noise", "missing", "other", "is-file", "folder-manifest", "folder-model"),
            *((f"{kind}-{what}" for kind in KINDS for what in ("manifest", "model")) if POSIX else ()),
            *(("link",) if POSIX else ()),
        )
    ),
    Fault(
        *("holds", "a whole artefact next to them", CACHE, OK, "found in the cache: 1"),
        silent=(f"whole-{KEY}",),
    ),
    Fault("D", "an artefact that is signed by nobody", CACHE, OK, f"foreign-{KEY} was not built by this user"),
    *(
        Fault("D", "an artefact that others may write to", CACHE, OK, f"{name}-{KEY} was not built by this user")
        for name in (("open",) if POSIX else ())
    ),
    Fault(
        *("D", "a cache that everyone may write to"),
        Session("open-cache", made=True, before=_open_cache, lacks=no_modes),
        *(USAGE, "is not used: others may write in it (mode 777)"),
    ),
    Fault(
        *("D", "a key of the cache that can be guessed"),
        Session("short-key", made=True, before=damaged_cache, environment=(("JITGATE_CACHE_KEY", "x"),)),
        *(USAGE, "JITGATE_CACHE_KEY is shorter than 16 characters"),
    ),
    Fault(
        *("C", "the system fails while a measurement is prepared: every test says why"),
        Session("prepares", made=True, scenarios='["s", "t"]', environment=(("FAULTS_RAISES", "disk"),)),
        *(FAILED, "w t could not be measured: the disk is full (/somewhere)"),
        silent=("opened just before", "was stopped"),
    ),
    Fault(
        *("holds", "the history is no database", Session("history-noise", made=True, before=_history_of_noise), FAILED),
        "INVALID history: it can't be said what has vanished",
    ),
    Fault("C", "runs that wait are damaged", Session("spool", made=True, before=_spool_of_noise), OK, "remove it"),
    _configured("a limit of 400 digits", f"min_speedup = {'9' * 400}", "min_speedup = 999999"),
    *(
        Fault(
            *("C", f"a limit of {what}"),
            Session(
                *(f"limit of {what}", ("plain",), ("--jitgate-config", "gates.toml")),
                made=True,
                limits='scenario = "s"',
                before=_own_file(limit),
            ),
            *(USAGE, "gates.toml is not valid TOML"),
        )
        for what, limit in (("5,000 digits", "9" * 5000), ("100,000 levels", "[" * 100_000))
    ),
    _configured("a limit of nan", "min_speedup = nan", "min_speedup = nan must be"),
    _configured("a limit of -1", "min_speedup = -1", "min_speedup = -1 must be"),
    _hooked("engines", "raise ValueError('broken')", "its hook pytest_jitgate_engines fails: ValueError: broken"),
    _hooked("engines", "return [3]", "its hook pytest_jitgate_engines gives 3 in place of a Engine"),
    _hooked("variants", "yield 1 / 0", "its hook pytest_jitgate_variants gives no list: ZeroDivisionError"),
    _hooked("workloads", "return 7", "its hook pytest_jitgate_workloads gives no list"),
    _hooked("rules", "raise OSError('gone')", "its hook pytest_jitgate_rules fails: OSError: gone"),
    _hooked("policy", "raise KeyError('x')", "its hook pytest_jitgate_policy fails: KeyError", "config"),
    _hooked("policy", "return lambda policy: 3", "its change of the policy gives 3", "config"),
    _hooked("gates", "raise ValueError('broken')", "its hook pytest_jitgate_gates fails: ValueError: broken"),
    _hooked("gates", "return [object()]", "it has to give a list of GateKind objects"),
    Fault(
        "C",
        "the hook pytest_jitgate_reports of another package raises",
        Session(
            "hook-reports",
            made=True,
            arguments=("--jitgate-report", "a.md"),
            before=_hook("reports", "raise ValueError('broken')"),
        ),
        *(USAGE, "its hook pytest_jitgate_reports fails: ValueError: broken"),
    ),
    Fault(
        *("C", "a report format of another package raises"),
        Session(
            *("format-raises", ("plain",), ("--jitgate-report", "a.txt")), made=True, before=_conftest(RAISING_FORMAT)
        ),
        *(FAILED, "ValueError: no paper"),
        there=(".jitgate/rounds/*/*/plain.csv",),
        gone=("a.txt",),
    ),
    Fault(
        *("holds", "a gate kind of another package raises"),
        Session("kind-raises", made=True, limits="max_luck = 1", before=_conftest(BROKEN_KIND)),
        *(FAILED, "ValueError: no luck"),
    ),
]
