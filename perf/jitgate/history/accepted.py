"""`perf/accepted.toml`: changes that are accepted on purpose, in the repository, so that they are reviewed."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from jitgate.config.history_settings import Retired
from jitgate.config.history_table import retired
from jitgate.model.errors import UsageError

FILE = "accepted.toml"

LOOSEST = 1.0
"""An acceptance of more than twice the level accepts whatever comes, unless so much was measured."""

SLACK = 2.0
"""`up_to` may be this many times the change that was measured."""

_TEXTS = ("series", "commit", "author", "reason", "inputs", "weights")
_KEYS = (*_TEXTS, "change", "up_to", "expires")


@dataclass(frozen=True)
class Accepted:
    """One acceptance. series: glob of `workload/scenario/variant/metric`. change, up_to: relative, above 0 is worse."""

    series: str
    reason: str
    change: float
    up_to: float
    commit: str = ""
    author: str = ""
    inputs: str = ""
    weights: str = ""
    expires: date | None = None

    @property
    def epoch(self) -> str:
        """Names it in the store."""
        text = f"{self.series}\n{self.commit}\n{self.change}\n{self.inputs}\n{self.weights}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def covers(self, series_id: str) -> bool:
        """Whether it is about the series."""
        return fnmatchcase(series_id, self.series)

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires

    def as_toml(self) -> str:
        """The entry, as it is written."""
        lines = ["[[accepted]]"]
        lines += [f"{name} = {_quoted(getattr(self, name))}" for name in _TEXTS if getattr(self, name)]
        lines += [f'change = "{self.change * 100:+.2f}%"', f'up_to = "{self.up_to * 100:.2f}%"']
        if self.expires is not None:
            lines.append(f"expires = {self.expires.isoformat()}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class AcceptedFile:
    """What the file holds, in its order."""

    path: Path
    entries: tuple[Accepted, ...] = ()
    retired: tuple[Retired, ...] = ()

    def of(self, *series_ids: str) -> list[Accepted]:
        """The entries about a series, by its name or an earlier one, the oldest first.

        Where a change was accepted again, with another day or reason, the later entry takes the place of the first.
        """
        found = [entry for entry in self.entries if any(map(entry.covers, series_ids))]
        return list({entry.epoch: entry for entry in found}.values())

    def refuse_unknown(self, series: Iterable[str]) -> None:
        """UsageError for an entry that matches nothing there is."""
        known = list(series)
        for entry in self.entries:
            if not any(map(entry.covers, known)):
                raise UsageError(f"{self.path}: {entry.series!r} matches no series; correct it, or remove the entry")

    def add(self, text: str) -> None:
        """Append an entry to the file, which is made where it is not there."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before = self.path.read_text(encoding="utf-8") if self.path.exists() else HEAD
            draft = self.path.with_suffix(".draft")
            draft.write_text(f"{before.rstrip()}\n\n{text}", encoding="utf-8")
            draft.replace(self.path)
        except OSError as error:
            raise UsageError(f"{self.path} can't be written: {error.strerror}") from None


HEAD = "# Changes of performance that are accepted on purpose. `jitgate history accept` and `retire` write here.\n"


def retirement(pattern: str, reason: str) -> str:
    """An entry of what goes on purpose."""
    return f"[[retired]]\nseries = {_quoted(pattern)}\nreason = {_quoted(reason)}\n"


def read_accepted(path: Path) -> AcceptedFile:
    """The file; empty where there is none. UsageError for an entry without a reason, too loose or not understood."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return AcceptedFile(path)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    unknown = sorted(document.keys() - {"accepted", "retired"})
    entries = document.get("accepted", [])
    if unknown or not isinstance(entries, list):
        raise UsageError(f"{path}: there is no {unknown[:1] or 'such list'}; write [[accepted]] and [[retired]]")
    made = tuple(_entry(entry, f"{path}, [[accepted]] number {number}") for number, entry in enumerate(entries, 1))
    return AcceptedFile(path, made, retired(document.get("retired", []), f"{path}, [[retired]]"))


def _entry(entry: object, where: str) -> Accepted:
    if not isinstance(entry, Mapping):
        raise UsageError(f"{where} must be a table")
    unknown = sorted(entry.keys() - set(_KEYS))
    if unknown:
        raise UsageError(f"{where}: there is no {unknown[0]!r} (there are: {', '.join(_KEYS)})")
    texts = {name: entry.get(name, "") for name in _TEXTS}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise UsageError(f"{where}: {name} = {value!r} must be a string")
    if texts["series"].count("/") != 3:
        raise UsageError(f"{where}: series = {texts['series']!r} must be WORKLOAD/SCENARIO/VARIANT/METRIC, with globs")
    if not texts["reason"].strip():
        raise UsageError(f"{where}: {texts['series']} needs a reason")
    expires = entry.get("expires")
    if expires is not None and type(expires) is not date:
        raise UsageError(f"{where}: expires = {expires!r} must be a day, as in 2027-03-01")
    change, up_to = (_share(entry.get(name), f"{where}: {name}") for name in ("change", "up_to"))
    check_looseness(change, up_to, where)
    return Accepted(**texts, change=change, up_to=up_to, expires=expires)


def check_looseness(change: float, up_to: float, where: str) -> None:
    """UsageError for an acceptance that covers far more than was measured."""
    most = max(min(LOOSEST, max(SLACK * abs(change), 0.05)), whole_percent(change))
    if up_to > most or up_to < change:
        raise UsageError(
            f"{where}: up_to {up_to:.1%} is {'too loose' if up_to > most else 'too small'} for a change of "
            f"{change:+.1%}; at most {most:.1%}, at least the change itself"
        )


def whole_percent(change: float) -> float:
    """The change, rounded up."""
    return math.ceil(round(change * 100, 2)) / 100


def share_of(text: str, where: str) -> float:
    """`5%` or `0.05`; UsageError for what is none."""
    return _share(text, where)


def _share(value: Any, where: str) -> float:
    text = str(value).strip()
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise UsageError(f'{where} = {value!r} must be a share, as in "5%"') from None
    if not -1.0 < share < math.inf:
        raise UsageError(f'{where} = {value!r} must be more than -100%, and finite, as in "5%"')
    return share


def _quoted(text: str) -> str:
    """A TOML basic string."""
    named = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(named.get(sign, sign if sign >= " " else f"\\u{ord(sign):04x}") for sign in text) + '"'
