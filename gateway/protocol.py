"""HTTP for callers who may be slow on purpose: requests must arrive in time, and connections are limited.

uvicorn bounds neither: it waits for the rest of a request for as long as the connection is open. Here a
request that is not complete in time is answered with 408, if an answer is still possible, and its connection
is closed. The clock runs from the moment a request may begin, and arriving bytes do not reset it.
"""

from __future__ import annotations

import asyncio
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
"""For the first line and the headers, from the start of the connection or the previous answer."""
BODY_SECONDS = 60.0
"""For the body, from the end of the headers: 32 MB at 4.5 Mbit/s."""

_SENDING = (h11.IDLE, h11.SEND_BODY)
"""States in which a request, or the rest of one, is expected from the caller."""


class BoundedProtocol(H11Protocol):
    """One connection. Made by uvicorn; the class is made by `bounded`."""

    header_seconds: float
    body_seconds: float
    most_connections: int
    _clock: asyncio.TimerHandle | None = None
    _waiting_for: object = None
    """The caller's state when the clock was started."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See base class."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            self._end(503, "Too many connections")
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """See base class."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """See base class."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See base class."""
        self._stop_clock()
        super().connection_lost(exc)

    def _watch(self) -> None:
        state = self.conn.their_state
        if state is self._waiting_for and self._clock is not None:
            return
        self._stop_clock()
        self._waiting_for = state
        if state in _SENDING and not self.transport.is_closing():
            seconds = self.header_seconds if state is h11.IDLE else self.body_seconds
            self._clock = self.loop.call_later(seconds, self._end, 408, "Request timeout")

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _end(self, status: int, why: str) -> None:
        self._stop_clock()
        if self.cycle is not None:
            self.cycle.disconnected = True  # anything the application still sends has nowhere to go
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("connection", "close"), ("content-length", "0")]
            answer = h11.Response(status_code=status, headers=headers, reason=why)
            for event in (answer, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # a caller who does not read either would keep it open
        else:
            self.transport.close()


def bounded(header_seconds: float, body_seconds: float, most_connections: int) -> type[BoundedProtocol]:
    """A class for uvicorn's setting ``http``: uvicorn makes the connections itself."""
    limits = {
        "header_seconds": header_seconds,
        "body_seconds": body_seconds,
        "most_connections": most_connections,
    }
    return cast(type[BoundedProtocol], type("Bounded", (BoundedProtocol,), limits))
