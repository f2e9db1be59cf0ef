"""An error is one line with words: the reason, without escape codes, wherever it stands in what was said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.error_words import (
    LONGEST,
    causes,
    cut,
    first_words,
    origins,
    outermost,
    own_place,
    shortly,
    with_place,
)

INTERPRETER = """The following operation failed in the TorchScript interpreter.
Traceback of TorchScript (most recent call last):
  File "parametrize.py", line 421, in forward
        if torch.jit.is_scripting():
            raise RuntimeError("Parametrization is not working with scripting.")
            ~~~~~~~~~~~~~~~~~~ <--- HERE
builtins.RuntimeError: Parametrization is not working with scripting.
"""
"""Of torch 2.13, at the first call of a module whose weight norm is live."""

LOADED = """
Unknown builtin op: t::twice.
Could not find any similar ops to t::twice.
:
  File "code/__torch__.py", line 8
"""
"""Of torch 2.13, where the process that loads a file does not know its operators."""

COMPILER = """C++ compile error

Command:
g++ /tmp/main.cpp -O3 -o /tmp/main.so

Output:
/tmp/main.cpp:3:10: fatal error: omp.h: No such file or directory
compilation terminated.
"""

SUBPROCESS = """An exception occurred in a subprocess:

Traceback (most recent call last):
  File "subproc.py", line 1, in do
    raise
torch._inductor.exc.InductorError: LoweringException: no lowering for aten.fancy
  target: aten.fancy
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (INTERPRETER, "RuntimeError: Parametrization is not working with scripting."),
        (LOADED, "Unknown builtin op: t::twice."),
        (COMPILER, "fatal error: omp.h: No such file or directory"),
        (SUBPROCESS, "torch._inductor.exc.InductorError: LoweringException: no lowering for aten.fancy"),
        (
            "[ONNXRuntimeError] : 10 : INVALID_GRAPH : Load model from /a/b.onnx failed:This is invalid.",
            "This is invalid.",
        ),
        (
            "\n'Tensor' has no 'forward'.:\n  File \"m.py\", line 3",
            "'Tensor' has no 'forward'",
        ),
        ("\n# torch.onnx report\n\n===\nthe reason", "the reason"),
        ("[acme] the only line", "[acme] the only line"),
        ("\x1b[1;31mred words\x1b[0m\x07", "red words"),
        ("\x1b]8;;https://a.b\x1b\\linked\x1b]8;;\x07", "linked"),
        ("\n \n:\n  ~~~\nat last", "at last"),
        ("hidden", "hidden"),
        ("42", "42"),
        ("", ""),
        (" \n\t\n", ""),
    ],
)
def test_the_first_line_that_has_words(text: str, words: str) -> None:
    assert first_words(text) == words


def test_the_innermost_cause_is_told() -> None:
    error = RuntimeError("export failed")
    error.__cause__ = ExceptionGroup("several", [KeyError("hidden"), ValueError("other")])
    assert shortly(error) == "KeyError: 'hidden'"
    assert outermost(error) == "RuntimeError: export failed"
    assert [type(link) for link in causes(error)] == [RuntimeError, ExceptionGroup, KeyError]


def test_an_operator_that_no_one_has_registered_is_named() -> None:
    with pytest.raises(AttributeError) as raised:
        torch.ops.nowhere.twice(torch.ones(1))
    said = "the operator nowhere::twice is not registered; import the module that registers it in the module of your"
    assert shortly(raised.value) == f"AttributeError: {said} factory"


def test_code_without_source_is_said_in_words() -> None:
    assert shortly(OSError("could not get source code")) == (
        "OSError: a part of this model has no source to be read (a lambda, or code that was made while running)"
    )


def test_control_flow_that_depends_on_data_is_said_in_words() -> None:
    guard = "Could not guard on data-dependent expression Eq(u0, 1) (unhinted: Eq(u0, 1)).  (Size-like symbols: none)"
    assert shortly(RuntimeError(f"{guard}\n\nconsider")) == "RuntimeError: its control flow depends on data (Eq(u0, 1))"


def test_an_operator_that_onnx_has_not_is_named() -> None:
    said = "No ONNX function found for <OpOverload(op='a.b', overload='default')>. Failure message: No decompositions"
    assert shortly(RuntimeError(said)) == "RuntimeError: No ONNX function found for the operator a.b"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("Expected a single top-level function: m.py:3", "a hook or a function of this model is a lambda"),
        ("'Pruned' object has no attribute '__name__'", r"it has a hook that is an object (Pruned)"),
        (
            "Found <class 'm.Out'> in output, which is not a known type. If",
            "its output is or holds a m.Out",
        ),
        (
            "__torch__.a.B (of Python) does not have a field with name '__obj_flatten__'",
            "its packed weights (a.B)",
        ),
        ("error details: Unable to cast Packed(data=tensor([", "a scripted forward does not take a Packed"),
    ],
)
def test_what_torch_says_of_its_own_parts_is_said_in_words(raised: str, said: str) -> None:
    assert said in shortly(RuntimeError(raised))


def test_a_long_text_ends_with_a_sentence_where_it_has_one() -> None:
    first = "a" * 150 + "."
    assert cut(f"{first} {'b' * 200}") == first
    assert cut("b" * 300) == "b" * 237 + "..."
    assert cut("short.") == "short."


def test_a_class_that_a_quoted_error_begins_with_is_said_once() -> None:
    assert shortly(RuntimeError("RuntimeError: sizes differ")) == "RuntimeError: sizes differ"


def test_the_users_own_line_is_found_by_the_traceback_and_by_what_is_quoted() -> None:
    with pytest.raises(ValueError, match="could not") as raised:
        float("x y")
    here = f" at {Path(__file__).relative_to(Path.cwd())}:"
    assert own_place(raised.value).startswith(here)
    assert with_place(raised.value) == f"{shortly(raised.value)}{own_place(raised.value)}"
    quoted = RuntimeError(f'no:\n  File "{torch.__file__}", line 3\n  File "/a/models.py", line 25\n  here')
    assert own_place(quoted) == " at /a/models.py:25"
    assert own_place(RuntimeError("no")) == ""


def test_what_was_being_handled_is_an_origin_and_no_cause() -> None:
    error = RuntimeError("could not")
    error.__context__, error.__suppress_context__ = KeyError("a"), True
    assert causes(error) == [error]
    assert [type(link) for link in origins(error)] == [RuntimeError, KeyError]


def test_a_ring_of_causes_ends() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert causes(one) == [one, two]


def test_an_error_without_words_says_where_it_was_raised() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_nothing()
    assert shortly(caught.value).startswith("AssertionError without a word at ")
    assert shortly(caught.value).endswith("(raise AssertionError)")
    assert shortly(RuntimeError("")) == "RuntimeError without a word"


def assert_nothing() -> None:
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit(3), "SystemExit (3): it called sys.exit"),
        (SystemExit(), "SystemExit: it called sys.exit"),
        (KeyboardInterrupt(), "KeyboardInterrupt: it raised the interrupt itself"),
        (GeneratorExit(), "GeneratorExit: it closed a generator"),
    ],
)
def test_what_ends_a_process_is_named(error: BaseException, said: str) -> None:
    assert shortly(error).startswith(said)


@given(st.text())
def test_it_is_always_one_short_line_without_control_codes(text: str) -> None:
    said = shortly(RuntimeError(text))
    assert len(said) <= LONGEST
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said
