"""The part of HyperPyYAML that CosyVoice's files are written in: what is built, how often, and what is refused."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.blueprint import Blueprint, arithmetic

Read = Callable[[str], Blueprint]


class Asked:
    """Imports by name, as the real one, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str, tag: str, where: str) -> Any:
        self.names.append(name)
        return {"fractions.Fraction": Fraction, "types.SimpleNamespace": types.SimpleNamespace, "max": max}[name]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def read(tmp_path: Path, asked: Asked) -> Read:
    def read(text: str) -> Blueprint:
        path = tmp_path / "model.yaml"
        path.write_text(text, encoding="utf-8")
        return Blueprint(path, "model.yaml", asked)

    return read


def test_only_what_is_asked_for_is_built(read: Read, asked: Asked) -> None:
    blueprint = read(
        "a: !new:nowhere.Missing\nb:\n  half: !new:fractions.Fraction [1, 2]\nc: !apply:nowhere.missing []"
    )
    assert blueprint.build("b.half") == Fraction(1, 2)
    assert asked.names == ["fractions.Fraction"]


def test_a_reference_is_the_object_itself_and_a_copy_is_not(read: Read) -> None:
    text = """
part: !new:types.SimpleNamespace {size: 3}
whole: !new:types.SimpleNamespace
  one: !ref <part>
  other: !ref <part>
  own: !copy <part>
  size: !ref <part.size>
"""
    whole = read(text).build("whole")
    assert whole.one is whole.other
    assert whole.own is not whole.one
    assert whole.own == whole.one
    assert whole.size == 3


def test_values(read: Read) -> None:
    text = """
rate: 25
deep: {inner: [4, 5]}
call: !new:types.SimpleNamespace
  tiny: 1e-06
  frames: !ref <rate> * <deep[inner][1]> + 1
  path: !ref runs/<rate>/x
  sizes: (3, 4)
  quoted: '(3, 4)'
  text: '1e-06'
  nothing: null
  flags: [True, false]
  shared: &shared {a: 1}
  merged: {<<: *shared, b: 2}
  largest: !apply:max [2, 7, 5]
"""
    found = vars(read(text).build("call"))
    assert found == {
        "tiny": 1e-06,
        "frames": 126,
        "path": "runs/25/x",
        "sizes": (3, 4),
        "quoted": "(3, 4)",
        "text": "1e-06",
        "nothing": None,
        "flags": [True, False],
        "shared": {"a": 1},
        "merged": {"a": 1, "b": 2},
        "largest": 7,
    }


def test_a_name_is_called_later(read: Read) -> None:
    blueprint = read("half: !name:fractions.Fraction {denominator: 2}\nplain: !name:fractions.Fraction")
    assert blueprint.build("half")(1) == Fraction(1, 2)
    assert blueprint.build("plain") is Fraction


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("other: 1", "model.yaml has no key 'part'"),
        ("part: !new:fractions.Fraction {numerators: 1}", "fractions.Fraction does not take what the file gives it"),
        ("part: !new:fractions.Fraction [1, 0]", "can't be built (ZeroDivisionError: "),
        ("part: !ref <missing>", "model.yaml, part refers to <missing>, which is not in the file"),
        ("part: !ref <part>", "model.yaml, part refers to itself"),
        ("part: !new:types.SimpleNamespace {a: !ref <part>}", "refers to itself"),
        ("part: !include:other.yaml", "model.yaml, part is '!include:other.yaml', which is not read here"),
        ("part: !!python/object/apply:os.system [ls]", "model.yaml, part is 'tag:yaml.org,2002:python/object/apply:os"),
        ("part: !!python/name:os.system", "which is not read here"),
        ("part: !!timestamp 2001-99-99", "model.yaml, part can't be read (ValueError: "),
        ("part: {[1]: 2}", "model.yaml, part can't be read (TypeError: "),
        ("part: !ref 9 ** 9 ** 9 ** 9", "model.yaml, part can't be read (ValueError: "),
        ("a: !new:types.SimpleNamespace\npart: !ref <a.__class__>", "which has no public '__class__'"),
        ("a: !new:types.SimpleNamespace\npart: !ref <a.size>", "which has no public 'size'"),
        (f"part: {'[' * 200_000}", "model.yaml is not valid YAML: "),
        (f"part: {'x' * 2_000_000}", "model.yaml is longer than 1048576 bytes"),
        ("part: [", "model.yaml is not valid YAML: "),
    ],
)
def test_what_can_not_be_built_is_said_in_one_sentence(read: Read, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text).build("part")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_pyyaml(tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(UsageError, match=r"PyYAML is missing to read it: pip install 'jitgate\[cosyvoice\]'"):
        Blueprint(tmp_path / "model.yaml", "model.yaml", asked)


def test_a_file_that_can_not_be_read(tmp_path: Path, asked: Asked) -> None:
    with pytest.raises(UsageError, match=r"model\.yaml can't be read"):
        Blueprint(tmp_path, "model.yaml", asked)


numbers = st.integers(-1000, 1000)


@given(numbers, numbers, st.sampled_from(["+", "-", "*"]))
def test_arithmetic_is_pythons(one: int, two: int, sign: str) -> None:
    assert arithmetic(f"{one} {sign} {two}") == eval(f"{one} {sign} {two}")  # noqa: S307 - two numbers and a sign


@given(st.text(alphabet="ab_/.", min_size=1))
def test_text_that_is_no_sum_stays(text: str) -> None:
    assert arithmetic(text) == text
