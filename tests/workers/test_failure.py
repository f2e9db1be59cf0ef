"""Failures in words."""

import signal
import sys

import pytest

from perf.workers.failure import exit_words


def test_an_exit_code_is_said() -> None:
    assert exit_words(3) == "exited with code 3"
    assert exit_words(None) == "ended without an exit code"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exit by signal")
def test_a_signal_is_named() -> None:
    assert exit_words(-signal.SIGSEGV) == "was killed by SIGSEGV"
    assert exit_words(-signal.SIGKILL).startswith("was killed by SIGKILL (by a person, or")
    assert exit_words(-250) == "was killed by signal 250"
