"""A letter goes to a target by HTTP: as a signed webhook, or as the line of text that chat tools take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, Self

import httpx
from standardwebhooks import Webhook

from baton.desk.outgoing import Way
from helpdesks.outgoing.addresses import NotAllowedThere, Unresolved, check_url, resolve
from helpdesks.outgoing.letter import LetterRow
from helpdesks.outgoing.subscribers import Target
from helpdesks.outgoing.wording import chat_text
from helpdesks.retryafter import retry_after

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
MOST_OF_AN_ANSWER = 4096
"""Bytes that are read of an answer, and thrown away: so that its connection can be used again."""
LONGEST_PAUSE = 86_400.0
"""Seconds: the longest ``Retry-After`` that is respected."""
_THIS_LETTER_ONLY = (400, 413, 422)
"""Answers that say something about the letter; all others are about the target."""
_GONE = 410


class Sent(NamedTuple):
    """How an attempt ended."""

    why: str = ""
    """Why it failed; empty if the target has the letter."""
    target: bool = True
    """Whether the target is to blame, so that other letters would fail, too."""
    gone: bool = False
    """Whether the target said that it is gone for good."""
    final: bool = False
    """Whether trying this letter again is of no use."""
    pause: float | None = None
    """Seconds for which the target asked not to be called."""


class Outbound:
    """The connections to one target. What it says of an attempt never quotes the URL.

    Args:
        private: whether targets may have addresses that are not public.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            # A proxy would look the name up itself, and nobody could say where the letter goes.
            trust_env=False,
            headers={"User-Agent": "Baton"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, target: Target, letters: Sequence[LetterRow]) -> Sent:
        """One attempt. Raises nothing that the target can cause.

        Args:
            letters: several only for a chat tool, which gets a line for each.
        """
        letter = letters[0]
        if target.way is Way.CHAT:
            lines = "\n".join(chat_text(one) for one in letters)
            body = json.dumps({"text": lines}, ensure_ascii=False)
            headers: dict[str, str] = {}
        else:
            body = letter.written
            headers = signed(letter.webhook_id, body, target.secrets)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._post(target.url or "", body.encode(), headers)
        except NotAllowedThere as refused:
            return Sent(str(refused))
        except Unresolved as error:
            return Sent(str(error))
        except TimeoutError:
            return Sent(f"no answer within {TOTAL_SECONDS:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Sent(_words(error))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        parts = check_url(url, private=self._private)
        place = await resolve(parts, private=self._private)
        # To the address that was looked at, and not to what the name may mean a moment later.
        to = httpx.URL(url).copy_with(host=place.address)
        request = self._http.build_request(
            "POST",
            to,
            content=body,
            headers={**headers, "Content-Type": "application/json", "Host": parts.netloc},
            extensions={"sni_hostname": place.host},
        )
        answer = await self._http.send(request, stream=True)
        try:
            with suppress(httpx.HTTPError):  # the status is all that counts
                read = 0
                async for part in answer.aiter_raw():
                    read += len(part)
                    if read > MOST_OF_AN_ANSWER:
                        break
        finally:
            await answer.aclose()
        return _meaning(answer)


def signed(webhook_id: str, body: str, secrets: tuple[str, ...]) -> dict[str, str]:
    """The headers of a webhook that is sent now, signed with each of the secrets."""
    now = datetime.now(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(webhook_id, now, body) for secret in secrets),
    }


def _meaning(answer: httpx.Response) -> Sent:
    status = answer.status_code
    if 200 <= status < 300:
        return Sent()
    why = f"it answered {status} {answer.reason_phrase}".strip()[:200]
    if 300 <= status < 400:
        why += "; redirects are not followed"
    if status == _GONE:
        return Sent(f"{why}: it is switched off", gone=True)
    return Sent(why, target=status not in _THIS_LETTER_ONLY, pause=retry_after(answer.headers, LONGEST_PAUSE))


def _words(error: Exception) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:g} s"
        case httpx.TimeoutException():
            return f"no answer within {TOTAL_SECONDS:g} s"
        case httpx.ConnectError():
            said = str(error).splitlines()
            return f"no connection: {said[0][:200] if said else 'refused'}"
        case _:
            return f"the call failed: {type(error).__name__}"
