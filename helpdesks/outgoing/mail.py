"""Notices go to people by e-mail: one thread for each case and person, and nothing that answers answer.

A message has the same ID at each attempt, so that a mail system can tell a repeated one. One is repeated only
if its worker died after the server had taken it, and before that was noted.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

import aiosmtplib
from aiosmtplib import SMTP
from aiosmtplib import errors as smtp

from baton.contract.outgoing import WebhookData
from baton.errors import SettingsError
from baton.files import read_secret
from baton.settings import Settings
from baton.signs import one_line
from helpdesks.outgoing.client import Sent
from helpdesks.outgoing.letter import LetterRow
from helpdesks.outgoing.wording import notice_lines, notice_subject

SECONDS = 20.0
"""For one message, login included."""


@dataclass(frozen=True)
class MailServer:
    """The server that takes notices, and as whom."""

    host: str
    port: int
    tls: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    trusted: ssl.SSLContext | None = None

    @property
    def domain(self) -> str:
        """Where the sender is."""
        return self.sender.rpartition("@")[2]

    @staticmethod
    def of(settings: Settings) -> MailServer | None:
        """The one of the settings, if they name one.

        Raises ``SettingsError`` if something is missing, or the password cannot be read.
        """
        if settings.mail_host is None:
            return None
        if settings.mail_from is None:
            raise SettingsError("BATON_MAIL_HOST is set, but not BATON_MAIL_FROM: whom do notices come from?")
        password = None
        if settings.mail_user is not None:
            if settings.mail_tls == "none":
                raise SettingsError("BATON_MAIL_TLS is 'none': a password would be sent for all to read")
            password = _password(settings.mail_password_file)
        return MailServer(
            settings.mail_host,
            settings.mail_port,
            settings.mail_tls,
            settings.mail_from,
            settings.mail_user,
            password,
            _trusted(settings.mail_ca_file),
        )


class Mailer:
    """Sends notices by one server."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, address: str, letters: Sequence[LetterRow]) -> Sent:
        """One message with what is in these letters, to one person. Raises nothing a server can cause."""
        message, server = message_of(letters, address, self._server), self._server
        try:
            async with (
                asyncio.timeout(SECONDS),
                SMTP(
                    hostname=server.host,
                    port=server.port,
                    username=server.user,
                    password=server.password,
                    use_tls=server.tls == "implicit",
                    start_tls=server.tls == "starttls",
                    tls_context=server.trusted,
                    timeout=SECONDS,
                ) as client,
            ):
                await client.send_message(message, sender=server.sender, recipients=[address])
        except (smtp.SMTPRecipientsRefused, smtp.SMTPRecipientRefused) as error:
            refused = error.recipients[0] if isinstance(error, smtp.SMTPRecipientsRefused) else error
            # What the server says may quote the address.
            why = f"the mail server refused the address: {refused.code}"
            return Sent(why, target=False, final=refused.code >= 500)
        except smtp.SMTPAuthenticationError as error:
            return Sent(f"the mail server refused the login: {error.code}")
        except (smtp.SMTPDataError, smtp.SMTPSenderRefused) as error:
            return Sent(f"the mail server refused the message: {error.code}", target=error.code < 500)
        except smtp.SMTPResponseException as error:
            return Sent(f"the mail server answered {error.code}")
        except TimeoutError:
            return Sent(f"the mail server did not answer within {SECONDS:g} s")
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            return Sent(f"no connection to the mail server: {type(error).__name__}")
        return Sent()


def message_of(letters: Sequence[LetterRow], address: str, server: MailServer) -> EmailMessage:
    """The message: about one case, or about several if notices were gathered."""
    first = letters[0]
    told = [(one, WebhookData.model_validate_json(one.body)) for one in letters]
    message = EmailMessage(policy=MAIL_POLICY)
    message["From"] = f"Baton <{server.sender}>"
    message["To"] = address
    message["Subject"] = one_line(notice_subject([data for _, data in told]))[:200]
    message["Date"] = format_datetime(first.at)
    message["Message-ID"] = f"<{first.webhook_id}@{server.domain}>"
    cases = {data.case.workflow_id if data.case else "" for _, data in told}
    if len(cases) == 1:
        # All notices about a case name the same beginning, which no message needs to have.
        root = f"<{_thread(cases.pop(), first.staff or '')}@{server.domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
    message["List-Id"] = f"Notices of Baton <notices.{server.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content("\n".join(notice_lines([(one.at, data) for one, data in told])))
    return message


def _thread(case: str, staff: str) -> str:
    return f"case_{sha256(chr(0).join((case, staff)).encode()).hexdigest()[:32]}"


def _password(file: Path | None) -> str:
    if file is None:
        raise SettingsError("BATON_MAIL_USER is set, but not BATON_MAIL_PASSWORD_FILE")
    return read_secret(file, "BATON_MAIL_PASSWORD_FILE")


def _trusted(file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError):
        raise SettingsError(f"BATON_MAIL_CA_FILE: there is no certificate in {file}") from None
