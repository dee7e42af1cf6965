"""What was written in a transaction: its text, and links to the files that came with it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from baton.contract.names import MAX_ATTACHMENTS_SIZE
from helpdesks.outside.fitting import cut
from helpdesks.rt.client import PAGE, Json, RtClient

_LONGEST_PART = 2_000_000
"""Bytes of a part of a mail that are fetched to get its text."""
_MOST_FILES = 50
_AT_ONCE = 40
"""Transactions that one call names: web servers bound the length of an address."""
_FIELDS = "TransactionId,ContentType,ContentLength,Filename"
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "pre", "table"})
_UNSEEN = frozenset({"script", "style", "title"})


@dataclass(frozen=True)
class Written:
    """What is in one transaction."""

    text: str = ""
    files: tuple[dict[str, Any], ...] = ()
    """For each file ``name``, ``type``, ``bytes`` and ``url``, where whoever may see the ticket finds it."""


async def read_texts(client: RtClient, transactions: Sequence[str]) -> Mapping[str, Written]:
    """By transaction, what is in it: one call for what parts there are, and one for each text."""
    parts: dict[str, list[Json]] = {number: [] for number in transactions}
    for first in range(0, len(transactions), _AT_ONCE):
        for part in await _parts(client, transactions[first : first + _AT_ONCE]):
            parts[str(part["TransactionId"])].append(part)
    return {number: await _written(client, number, of) for number, of in parts.items()}


async def _parts(client: RtClient, transactions: Sequence[str]) -> Sequence[Json]:
    found: list[Json] = []
    last = 0
    while True:
        wanted: list[dict[str, object]] = [{"field": "TransactionId", "value": one} for one in transactions]
        wanted.append({"field": "id", "operator": ">", "value": last})
        page = await client.page("attachments", json.dumps(wanted), _FIELDS)
        found += page
        if len(page) < PAGE:
            return found
        last = int(page[-1]["id"])


async def _written(client: RtClient, transaction: str, parts: Sequence[Json]) -> Written:
    texts = [part for part in parts if _is_text(part)]
    # A mail often has its text twice, and says the same in HTML at greater length.
    plain = [part for part in texts if part["ContentType"] == "text/plain"] or texts
    text = await _text(client, plain[0]) if plain else ""
    files: list[dict[str, Any]] = []
    for part in parts:
        if part.get("Filename") and len(files) < _MOST_FILES:
            one = {
                "name": str(part["Filename"])[:255],
                "type": str(part["ContentType"])[:255],
                "bytes": int(part.get("ContentLength") or 0),
                "url": f"{client.url}/Ticket/Attachment/{transaction}/{part['id']}/"
                f"{quote(str(part['Filename'])[:255], safe='')}",
            }
            if len(json.dumps([*files, one])) < MAX_ATTACHMENTS_SIZE:
                files.append(one)
    return Written(text, tuple(files))


def _is_text(part: Json) -> bool:
    return part["ContentType"] in ("text/plain", "text/html") and not part.get("Filename")


async def _text(client: RtClient, part: Json) -> str:
    size = int(part.get("ContentLength") or 0)
    if size > _LONGEST_PART:
        return f"[… a text of {size} bytes, which is in RT]"
    row = await client.get(f"attachment/{part['id']}")
    text = b64decode(str(row.get("Content") or "")).decode(errors="replace")
    return cut(from_html(text) if part["ContentType"] == "text/html" else text.strip(), "RT")


def from_html(text: str) -> str:
    """What somebody reads who is shown this HTML."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS and tag != "br":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data.replace("\n", " "))
