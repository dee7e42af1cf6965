"""Bodies of requests: bounded before they are read, and as JSON of a depth that nothing chokes on."""

from __future__ import annotations

from email.message import Message
from typing import Any

from fastapi import Request
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from gateway.problems import NOT_JSON, TOO_LARGE, WRONG_TYPE, ProblemError


class BoundedRequest(Request):
    """A request whose body is at most ``largest`` bytes long. FastAPI asks it for its body."""

    largest: int
    _whole: bytes | None = None

    @classmethod
    def of(cls, request: Request, largest: int) -> BoundedRequest:
        """The same request, with a bound."""
        bounded = cls(request.scope, request.receive)
        bounded.largest = largest
        return bounded

    async def body(self) -> bytes:
        """See base class. Raises ``ProblemError`` for a body that is too large."""
        if self._whole is None:
            said = self.headers.get("content-length", "")
            if said.isascii() and said.isdecimal() and int(said[:20]) > self.largest:
                raise self._too_large()
            body = bytearray()
            try:
                async for part in self.stream():
                    body += part
                    if len(body) > self.largest:
                        raise self._too_large()
            except ClientDisconnect:
                raise ProblemError(NOT_JSON, "it is not whole") from None  # to nobody, and not in the log
            self._whole = bytes(body)
        return self._whole

    async def json(self) -> Any:
        """See base class. Raises ``ProblemError`` for what is no JSON, or nested too deeply."""
        try:
            return from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:  # says where, and quotes nothing
            raise ProblemError(NOT_JSON, str(error)) from None

    def _too_large(self) -> ProblemError:
        return ProblemError(TOO_LARGE, f"at most {self.largest:,} bytes")


def require_json(request: Request) -> None:
    """Raise ``ProblemError`` unless the request says that its body is JSON."""
    said = Message()
    said["content-type"] = request.headers.get("content-type", "")
    if said.get_content_type() != "application/json":
        raise ProblemError(WRONG_TYPE, "send it with the header `Content-Type: application/json`")
