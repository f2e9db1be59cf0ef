"""`python -m perf export`: files that a process without jitgate loads, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from perf.__main__ import main
from perf.workloads.jit_file import JIT_FILES, PRECISIONS

ROOT = Path(__file__).parents[2]

NAMES = {
    "v1": {
        f"{stem}.{precision}.zip"
        for stem in ("llm.text_encoder", "llm.llm", "flow.encoder")
        for precision in PRECISIONS
    },
    "v2": {"flow.encoder.fp32.zip", "flow.encoder.fp16.zip"},
}


def test_the_names_are_those_that_cosyvoice_looks_for() -> None:
    listed = {
        generation: {jit.name(precision) for jit in files for precision in PRECISIONS}
        for generation, files in JIT_FILES.items()
    }
    assert listed == NAMES


def test_a_plain_process_loads_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for generation, names in NAMES.items():
        folder = tmp_path / generation
        assert main(["export", "--small", "--generation", generation, "--to", str(folder)]) == 0
        assert {path.name for path in folder.iterdir()} == names
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == len(names)
        assert all(" MB, output within " in line for line in lines)
    script = textwrap.dedent(
        """
        import sys, torch
        for path in sys.argv[1:]:
            module = torch.jit.load(path)
            width = 64 if "text_encoder" in path else 128
            xs = torch.ones(1, 7, width, dtype=torch.float16 if "fp16" in path else torch.float32)
            out = module(xs, torch.tensor([7]))[0]
            assert out.dtype is xs.dtype and out.isfinite().all() and not list(module.parameters())
            assert hasattr(module, "forward_chunk") == ("llm.llm" in path)
        assert not [name for name in sys.modules if name.split(".")[0] == "perf"]
        print(len(sys.argv) - 1)
        """
    )
    paths = [str(path) for path in sorted(tmp_path.rglob("*.zip"))]
    done = subprocess.run([sys.executable, "-c", script, *paths], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("8", 0), done.stderr


def test_a_killed_export_leaves_no_file_under_a_final_name(tmp_path: Path) -> None:
    """Stopped where it hurts most: the first file is written whole, and is about to get its name."""
    script = textwrap.dedent(
        f"""
        import pathlib, time
        from perf.__main__ import main
        def wait(draft, path):
            print(path, flush=True)
            time.sleep(600)
        pathlib.Path.replace = wait
        main(["export", "--small", "--to", {str(tmp_path)!r}])
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        process.kill()
    assert said == str(tmp_path / "flow.encoder.fp32.zip")
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".flow.encoder.fp32.zip.")
    assert left.stat().st_size > 1_000_000, "it was not killed before it had written anything"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["export", *arguments]) == 4
    said = capsys.readouterr().err
    assert said.startswith("python -m perf export: ")
    assert said.count("\n") == 1
    return said


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere is not a directory" in refused(capsys, "--checkpoint", str(tmp_path / "nowhere"))
    assert "add --generation v1 or v2" in refused(capsys, "--checkpoint", str(tmp_path))
    (tmp_path / "cosyvoice.yaml").write_text("")
    assert "is of generation v1, not v2" in refused(capsys, "--checkpoint", str(tmp_path), "--generation", "v2")
    assert f"{tmp_path / 'llm.pt'}: there is no such file" in refused(capsys, "--checkpoint", str(tmp_path))
    (tmp_path / "flow.encoder.fp16.zip").write_text("theirs")
    said = refused(capsys, "--checkpoint", str(tmp_path))
    assert "has flow.encoder.fp16.zip already; replace with --overwrite" in said
    assert (tmp_path / "flow.encoder.fp16.zip").read_text() == "theirs"
    assert "can't be made" in refused(capsys, "--to", str(tmp_path / "cosyvoice.yaml" / "to"))
