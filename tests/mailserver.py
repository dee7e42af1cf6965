"""A mail server in the process: real SMTP with TLS, and a certificate of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "baton", "a secret of the mail server"


@dataclass
class MailHost:
    """The server. ``answer`` says what a recipient gets; ``250`` takes the message."""

    folder: Path
    port: int = 0
    answer: Callable[[str], str] = field(default=lambda _: "250 OK")
    messages: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of whoever sends by this server."""
        password = self.folder / "mail-password"
        password.write_text(f"{PASSWORD}\n", encoding="utf-8")
        return {
            "mail_host": "localhost",
            "mail_port": self.port,
            "mail_user": USER,
            "mail_password_file": password,
            "mail_from": "baton@company.example",
            "mail_ca_file": self.folder / "mail.crt",
        }

    async def open(self) -> None:
        """Listen; again on the same port if it did before."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "mail.crt", self.folder / "mail.key")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(
                self,
                tls_context=context,
                require_starttls=True,
                authenticator=self._authenticate,
                auth_required=True,
                loop=loop,
            ),
            "127.0.0.1",
            self.port,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def _authenticate(self, _: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        good = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=good, handled=good)

    async def handle_RCPT(  # noqa: N802 – aiosmtpd names it
        self, _: Any, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """See aiosmtpd."""
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:  # noqa: N802
        """See aiosmtpd."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 taken"


@asynccontextmanager
async def mail_host(folder: Path) -> AsyncIterator[MailHost]:
    """A mail server that listens on localhost."""
    made = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", str(folder / "mail.key"), "-out", str(folder / "mail.crt")),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    host = MailHost(folder)
    await host.open()
    try:
        yield host
    finally:
        await host.close()
