"""Connections that go only where they may and end when the time is up."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import httpcore
from httpcore import NetworkBackend, NetworkStream

from .guard import Resolver, allowed_addresses

__all__ = ["Deadline", "GuardedBackend"]

_T = TypeVar("_T")


class Deadline:
    """The moment, one for each thread, at which the request of that thread must be over."""

    def __init__(self) -> None:
        self._local = threading.local()

    def start(self, seconds: float) -> None:
        """Give the current thread this long from now."""
        self._local.moment = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left to the current thread.

        Raises:
            httpcore.ReadTimeout: there are none.
        """
        left: float = self._local.moment - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left


class GuardedBackend(NetworkBackend):
    """Resolves a host once, checks every address, and connects to one that was checked."""

    def __init__(
        self, deadline: Deadline, *, allow_private_addresses: bool, resolver: Resolver
    ) -> None:
        self._deadline = deadline
        self._allow_private_addresses = allow_private_addresses
        self._resolver = resolver
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """Connect to the first address that answers."""
        addresses = _within(
            self._deadline,
            lambda: allowed_addresses(
                host,
                port,
                allow_private_addresses=self._allow_private_addresses,
                resolver=self._resolver,
            ),
        )
        for position, address in enumerate(addresses):
            share = self._deadline.remaining() / (len(addresses) - position)
            try:
                stream = self._plain.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if position == len(addresses) - 1:
                    raise
            else:
                return _TimedStream(stream, self._deadline)
        raise httpcore.ConnectError(f"no address of {host} answers")


class _TimedStream(NetworkStream):
    """A stream whose every step is given only the time that is left of the whole."""

    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        remaining = self._deadline.remaining()
        stream = self._stream.start_tls(ssl_context, server_hostname, remaining)
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(deadline: Deadline, work: Callable[[], _T]) -> _T:
    """Return what ``work`` returns; the system's resolver knows no time limit of its own."""
    answers: SimpleQueue[tuple[_T | None, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            answers.put((None, error))

    threading.Thread(target=run, name="lookalike-resolve", daemon=True).start()
    try:
        value, failure = answers.get(timeout=deadline.remaining())
    except Empty as error:
        raise httpcore.ConnectTimeout("the name could not be resolved in time") from error
    if failure is not None:
        raise failure
    return value  # type: ignore[return-value]
