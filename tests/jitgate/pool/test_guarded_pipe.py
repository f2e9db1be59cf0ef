"""What a model writes into the pipe ends its worker at once, and is no message."""

from __future__ import annotations

import pytest
from jitgate.pool.guarded_pipe import LARGEST_BYTES, guard


class Pipe:
    def read(self, count: int) -> bytes:
        return b"x" * min(count, 9)


class FakeGateway:
    def __init__(self) -> None:
        self._io = Pipe()


def test_a_header_made_of_text_is_not_waited_for() -> None:
    gateway = FakeGateway()
    guard(gateway)
    assert gateway._io.read(9) == b"x" * 9
    for count in (int.from_bytes(b"rbag", "big"), LARGEST_BYTES + 1, -5):
        with pytest.raises(EOFError, match="no message"):
            gateway._io.read(count)


def test_execnet_has_its_pipe_where_it_is_looked_for() -> None:
    """Of the version that is installed: 2.1 here."""
    import execnet

    group = execnet.Group(execmodel="thread")
    try:
        gateway = group.makegateway("popen//execmodel=main_thread_only")
        assert callable(gateway._io.read)
        before = gateway._io.read
        guard(gateway)
        assert gateway._io.read is not before
        channel = gateway.remote_exec("channel.send(42)")
        assert channel.receive(timeout=120) == 42
    finally:
        group.terminate(timeout=5.0)
