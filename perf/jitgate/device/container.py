"""What a container leaves of the machine: the limits of this process's control groups.

Source: kernel documentation, "Control Group v2" (cpu.max, memory.max) and v1 (cpu.cfs_quota_us, memory.limit_in_bytes).
A limit of any parent holds too, so the smallest on the way up counts. psutil does not read them. Windows keeps such
limits in job objects, which can't be read from outside: missing there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jitgate.device.reading import Missing, Reading

NO_LIMIT = 1 << 60
"""v1 writes "no limit" as the largest multiple of a page: anything this large is none."""


@dataclass(frozen=True)
class Limits:
    """cpu_cores: processor time per wall time, such as 1.5. None: no limit."""

    cpu_cores: Reading[float | None]
    memory_bytes: Reading[int | None]


def limits(root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> Limits:
    """The limits that hold for this process."""
    paths = _membership(membership)
    if isinstance(paths, Missing):
        return Limits(paths, paths)
    cpu = [_cpu_v2(folder) for folder in _way_up(root, paths.get(""))]
    cpu += [_cpu_v1(folder) for folder in _way_up(_v1(root, "cpu"), _path_of(paths, "cpu"))]
    memory = [_bytes(folder / "memory.max") for folder in _way_up(root, paths.get(""))]
    memory += [
        _bytes(folder / "memory.limit_in_bytes") for folder in _way_up(_v1(root, "memory"), _path_of(paths, "memory"))
    ]
    return Limits(
        min((cores for cores in cpu if cores is not None), default=None),
        min((size for size in memory if size is not None), default=None),
    )


def memory_left(root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> int | None:
    """Bytes that the control groups still leave, page cache that can be given up counted as free; None for no limit."""
    paths = _membership(membership)
    if isinstance(paths, Missing):
        return None
    groups = [(folder, "memory.max", "memory.current", "inactive_file") for folder in _way_up(root, paths.get(""))]
    groups += [
        (folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        for folder in _way_up(_v1(root, "memory"), _path_of(paths, "memory"))
    ]
    left = []
    for folder, most, now, cache in groups:
        limit, used = _bytes(folder / most), _bytes(folder / now)
        if limit is not None and used is not None:
            lines = (_read(folder / "memory.stat") or "").splitlines()
            counted = dict(line.split(" ", 1) for line in lines if " " in line)
            left.append(max(0, limit - used + int(counted.get(cache, 0))))
    return min(left, default=None)


def _membership(file: Path) -> Reading[dict[str, str]]:
    """This process's groups: controllers ("" for v2) -> path."""
    text = _read(file)
    if text is None:
        return Missing("the system has no control groups")
    lines = [line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2]
    return {kinds: path for _, kinds, path in lines}


def _way_up(root: Path, path: str | None) -> list[Path]:
    """The group's folder and its parents up to the root; a container may not see the folder that the path names."""
    if path is None:
        return []
    parts = [part for part in path.split("/") if part and part != ".."]
    return [root.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]


def _v1(root: Path, kind: str) -> Path:
    return next((folder for name in (kind, "cpu,cpuacct") if (folder := root / name).is_dir()), root / kind)


def _path_of(paths: dict[str, str], kind: str) -> str | None:
    return next((path for kinds, path in paths.items() if kind in kinds.split(",")), None)


def _cpu_v2(folder: Path) -> float | None:
    quota, _, period = (_read(folder / "cpu.max") or "max").partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _cpu_v1(folder: Path) -> float | None:
    quota, period = _read(folder / "cpu.cfs_quota_us") or "", _read(folder / "cpu.cfs_period_us") or ""
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _bytes(path: Path) -> int | None:
    text = _read(path) or ""
    return int(text) if text.isdigit() and int(text) < NO_LIMIT else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
