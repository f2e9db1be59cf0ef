"""`export`: the names that CosyVoice looks for, whole files or none, and one sentence for bad input."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from jitgate.engines.torchscript import deprecation_known
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.__main__ import main
from jitgate_cosyvoice.export import command as export
from jitgate_cosyvoice.jit_files import JIT_FILES, PRECISIONS

from tests.jitgate.engines.standins import STANDINS, Plain

ROOT = Path(__file__).parents[3]

NAMES = {
    "v1": {
        f"{stem}.{precision}.zip"
        for stem in ("llm.text_encoder", "llm.llm", "flow.encoder")
        for precision in PRECISIONS
    },
    "v2": {"flow.encoder.fp32.zip", "flow.encoder.fp16.zip"},
}


@pytest.fixture
def standins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "JIT_FILES", STANDINS)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_names_are_those_that_cosyvoice_looks_for() -> None:
    listed = {
        generation: {jit.name(precision) for jit in files for precision in PRECISIONS}
        for generation, files in JIT_FILES.items()
    }
    assert listed == NAMES


@pytest.mark.usefixtures("standins")
@pytest.mark.parametrize("generation", ["v1", "v2"])
def test_every_file_is_written_and_said_with_size_and_output(
    generation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "to"
    assert main(["export", "--generation", generation, "--to", str(folder)]) == 0
    assert names(folder) == NAMES[generation]
    lines = capsys.readouterr().out.splitlines()
    assert {Path(line.split(": ")[0]).name for line in lines} == NAMES[generation]
    assert all(": 1.1 MB, output equal to the module's" in line for line in lines if "fp32" in line)


@pytest.mark.usefixtures("standins")
def test_a_model_directory_gets_its_own_weights(tmp_path: Path) -> None:
    weights = {f"encoder.{name}": value + 1 for name, value in build_seeded(Plain).state_dict().items()}
    torch.save(weights, tmp_path / "flow.pt")
    (tmp_path / "cosyvoice2.yaml").write_text("")
    assert main(["export", "--checkpoint", str(tmp_path)]) == 0
    with deprecation_known():
        loaded = torch.jit.load(str(tmp_path / "flow.encoder.fp32.zip"))  # type: ignore[no-untyped-call]
    xs = torch.ones(1, 2, 512)
    expected = torch.nn.functional.linear(xs, weights["encoder.out.weight"], weights["encoder.out.bias"])
    torch.testing.assert_close(loaded(xs, torch.tensor([2]))[0], expected)
    assert main(["export", "--checkpoint", str(tmp_path)]) == 4
    assert main(["export", "--checkpoint", str(tmp_path), "--overwrite"]) == 0
    assert names(tmp_path) == {"flow.pt", "cosyvoice2.yaml", *NAMES["v2"]}


def test_a_killed_export_leaves_no_file_under_a_final_name(tmp_path: Path) -> None:
    """Stopped where it hurts most: the first file is written whole, and is about to get its name."""
    script = textwrap.dedent(
        f"""
        import pathlib, time
        from jitgate_cosyvoice.__main__ import main
        from jitgate_cosyvoice.export import command as export
        from tests.jitgate.engines.standins import STANDINS
        def wait(draft, path):
            print(path, flush=True)
            time.sleep(600)
        export.JIT_FILES = STANDINS
        pathlib.Path.replace = wait
        main(["export", "--to", {str(tmp_path)!r}])
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


@pytest.mark.usefixtures("standins")
def test_a_file_that_is_not_right_is_said_and_gets_no_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jitgate_cosyvoice.export.jit_export.file_bytes", lambda module: 1)
    assert main(["export", "--to", str(tmp_path)]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("jitgate_cosyvoice export: flow.encoder.fp32.zip has 1.1 MB, where its tensors have 0.0 MB")
    assert names(tmp_path) == set()
    assert main(["export", "--to", str(tmp_path / "new" / "deep")]) == 1
    assert names(tmp_path) == set()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said on bad input, without the progress before it."""
    assert main(["export", *arguments]) == 4
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("jitgate: ")]
    assert len(lines) == 1
    return lines[0].removeprefix("jitgate_cosyvoice export: ")


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere is not a directory" in refused(capsys, "--checkpoint", str(tmp_path / "nowhere"))
    assert "add --generation v1 or v2" in refused(capsys, "--checkpoint", str(tmp_path))
    (tmp_path / "cosyvoice.yaml").write_text("")
    assert "is of generation v1, not v2" in refused(capsys, "--checkpoint", str(tmp_path), "--generation", "v2")
    assert refused(capsys, "--checkpoint", str(tmp_path)).startswith(f"{tmp_path / 'llm.pt'}: there is no such file")
    assert "no such file" in refused(capsys, "--checkpoint", str(tmp_path), "--to", str(tmp_path / "out"))
    assert names(tmp_path) == {"cosyvoice.yaml"}
    (tmp_path / "flow.encoder.fp16.zip").write_text("theirs")
    said = refused(capsys, "--checkpoint", str(tmp_path))
    assert "has flow.encoder.fp16.zip already; replace with --overwrite" in said
    assert (tmp_path / "flow.encoder.fp16.zip").read_text() == "theirs"
    third = tmp_path / "three"
    third.mkdir()
    (third / "cosyvoice3.yaml").write_text("")
    for asked in ((), ("--generation", "v2")):
        said = refused(capsys, "--checkpoint", str(third), "--to", str(tmp_path / "out"), *asked)
        assert said == f"{third} is CosyVoice3, not supported here: it has no JIT export"
    assert "can't be made" in refused(capsys, "--to", str(tmp_path / "cosyvoice.yaml" / "to"))
