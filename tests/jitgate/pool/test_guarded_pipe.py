"""What a model writes into the pipe ends its worker at once, and is no message."""

from __future__ import annotations

import os

import pytest
from jitgate.pool.guarded_pipe import LARGEST_BYTES, GuardedPipe


class Pipe:
    def read(self, count: int) -> bytes:
        return b"x" * min(count, 9)


class FakeGateway:
    def __init__(self) -> None:
        self._io = Pipe()


def test_a_header_made_of_text_is_not_waited_for() -> None:
    gateway = FakeGateway()
    guarded = GuardedPipe(gateway)
    assert gateway._io.read(9) == b"x" * 9
    for count in (int.from_bytes(b"rbag", "big"), LARGEST_BYTES + 1, -5):
        with pytest.raises(EOFError, match="no message"):
            gateway._io.read(count)
        assert guarded.odd == b"x" * 9, "how it begins"


@pytest.mark.parametrize("more", [b"", b"g weights ...\n", b"g" * 100_000])
def test_the_first_odd_words_are_kept_and_nothing_is_waited_for(more: bytes) -> None:
    """A pipe of the system's, whose other end stays open and says no more."""
    from execnet.gateway_base import Popen2IO, get_execmodel

    class Gateway:
        def __init__(self, io: object) -> None:
            self._io = io

    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as infile, os.fdopen(writing, "wb", buffering=0) as outfile:
        gateway = Gateway(Popen2IO(outfile, infile, get_execmodel("thread")))
        guarded = GuardedPipe(gateway)
        assert guarded.odd == b""
        outfile.write((b"Load the" + b"\xff" + more)[:60_000])
        header = gateway._io.read(9)  # type: ignore[attr-defined]
        with pytest.raises(EOFError, match="no message"):
            gateway._io.read(int.from_bytes(b" the", "big"))  # type: ignore[attr-defined]
    assert header == b"Load the\xff"
    assert guarded.odd == (header + more)[: len(guarded.odd)]
    assert len(guarded.odd) >= min(60, 9 + len(more)) or os.name == "nt"


def test_execnet_has_its_pipe_where_it_is_looked_for() -> None:
    """Of the version that is installed: 2.1 here."""
    import execnet

    group = execnet.Group(execmodel="thread")
    try:
        gateway = group.makegateway("popen//execmodel=main_thread_only")
        assert callable(gateway._io.read)
        before = gateway._io.read
        GuardedPipe(gateway)
        assert gateway._io.read is not before
        channel = gateway.remote_exec("channel.send(42)")
        assert channel.receive(timeout=120) == 42
    finally:
        group.terminate(timeout=5.0)
