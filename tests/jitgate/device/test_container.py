"""Control groups of both versions, written as the kernel writes them."""

from pathlib import Path

import pytest
from jitgate.device.container import Limits, limits, memory_left
from jitgate.device.reading import Missing


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_version_2_counts_the_smallest_on_the_way_up(tmp_path: Path) -> None:
    root = write(
        tmp_path / "cgroup",
        {
            "a/b/cpu.max": "max 100000",
            "a/cpu.max": "150000 100000",
            "a/b/memory.max": "8589934592",
            "a/memory.max": "max",
        },
    )
    membership = write(tmp_path, {"self": "0::/a/b"}) / "self"
    assert limits(root, membership) == Limits(1.5, 8 << 30)


def test_version_1_has_a_folder_for_each_kind(tmp_path: Path) -> None:
    root = write(
        tmp_path / "cgroup",
        {
            "cpu,cpuacct/box/cpu.cfs_quota_us": "50000",
            "cpu,cpuacct/box/cpu.cfs_period_us": "100000",
            "cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "memory/box/memory.limit_in_bytes": "1073741824",
            "memory/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    membership = write(tmp_path, {"self": "4:memory:/box\n3:cpu,cpuacct:/box\n0::/"}) / "self"
    assert limits(root, membership) == Limits(0.5, 1 << 30)


def test_a_path_that_only_the_host_sees_falls_back_to_the_mount(tmp_path: Path) -> None:
    root = write(tmp_path / "cgroup", {"cpu.max": "200000 100000"})
    membership = write(tmp_path, {"self": "0::/../docker/1234"}) / "self"
    assert limits(root, membership) == Limits(2.0, None)


def test_no_limit_is_not_a_missing_reading(tmp_path: Path) -> None:
    membership = write(tmp_path, {"self": "0::/"}) / "self"
    assert limits(tmp_path / "empty", membership) == Limits(None, None)
    assert isinstance(limits(tmp_path, tmp_path / "nowhere").cpu_cores, Missing)


@pytest.mark.parametrize(
    ("files", "membership", "expected"),
    [
        (
            {"a/memory.max": "1000", "a/memory.current": "700", "a/memory.stat": "anon 300\ninactive_file 250"},
            "0::/a",
            550,
        ),
        (
            {"a/memory.max": "1000", "a/memory.current": "700", "memory.max": "900", "memory.current": "800"},
            "0::/a",
            100,
        ),
        ({"a/memory.max": "1000", "a/memory.current": "1200"}, "0::/a", 0),
        ({"a/memory.max": "max", "a/memory.current": "700"}, "0::/a", None),
        (
            {
                "memory/a/memory.limit_in_bytes": "1000",
                "memory/a/memory.usage_in_bytes": "600",
                "memory/a/memory.stat": "total_inactive_file 100",
            },
            "4:memory:/a",
            500,
        ),
    ],
)
def test_memory_that_is_left_is_that_of_the_tightest_group(
    tmp_path: Path, files: dict[str, str], membership: str, expected: int | None
) -> None:
    root = write(tmp_path / "cgroup", files)
    assert memory_left(root, write(tmp_path, {"self": membership}) / "self") == expected
    assert memory_left(root, tmp_path / "nowhere") is None
