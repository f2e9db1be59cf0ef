"""Failures in words."""

import signal
import sys

import pytest
from jitgate.model.failure import FailureKind
from jitgate.pool.exit_status import exit_words, of_death

MIB = 1 << 20


def test_an_exit_code_is_said() -> None:
    assert exit_words(3) == "exited with code 3"
    assert exit_words(None) == "ended without an exit code"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exit by signal")
def test_a_signal_is_named() -> None:
    assert exit_words(-signal.SIGSEGV) == "was killed by SIGSEGV"
    assert exit_words(-signal.SIGKILL).startswith("was killed by SIGKILL (by a person, or")
    assert exit_words(-250) == "was killed by signal 250"


def test_a_death_for_lack_of_memory_is_told_from_others() -> None:
    aborted = "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc"
    kind, sentence, lacking = of_death("jit", 134, "a call", aborted, 300 * MIB)
    assert kind is FailureKind.OUT_OF_MEMORY
    assert sentence == (
        "worker jit exited with code 134 in a call, because memory ran out under the enforced 300 MiB (std::bad_alloc)"
    )
    assert lacking is not None
    assert (lacking.cap_bytes, lacking.missing_bytes) == (300 * MIB, None)
    kind, sentence, lacking = of_death("jit", 3, None, "famous last words", 300 * MIB)
    assert (kind, sentence, lacking) == (FailureKind.DIED, "worker jit exited with code 3", None)


def test_a_worker_that_dies_while_it_tries_again_with_room_has_said_why() -> None:
    said = "it does not fit under the enforced 300 MiB: an allocation of 9 MiB failed at level 295 MiB in loading, ..."
    kind, sentence, _ = of_death("jit", 139, "loading", said, 300 * MIB)
    assert kind is FailureKind.OUT_OF_MEMORY
    assert "(allocation of 9 MiB failed at level 295 MiB in loading" in sentence
