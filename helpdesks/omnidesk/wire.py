"""What Omnidesk's API answers: cases, messages, entries of the changelog, staff.

Read tolerantly: fields may be missing, numbers may be text, nothing may be ``0``, ``"-"`` or an empty text,
and an empty list may take the place of an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_NOTHING = (None, "", "-")


def _number(value: Any) -> Any:
    return 0 if value in _NOTHING else value


def _instant(value: Any) -> Any:
    if value in _NOTHING:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    # "Mon, 05 May 2014 00:15:17 +0300"; the day of the week may be wrong, and is not looked at.
    return parsedate_to_datetime(value).astimezone(UTC) if isinstance(value, str) else value


def _list(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(value.values())
    return () if value in _NOTHING else value


def _text(value: Any) -> Any:
    return "" if value is None else str(value)


Number = Annotated[int, BeforeValidator(_number)]
"""0 is nobody or nothing."""
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
"""To the second, in UTC."""
AnyText = Annotated[str, BeforeValidator(_text)]


class _There(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class CaseThere(_There):
    case_id: int
    subject: AnyText = ""
    user_id: Number = 0
    staff_id: Number = 0
    group_id: Number = 0
    status: AnyText = ""
    channel: AnyText = ""
    deleted: bool = False
    spam: bool = False
    labels: Annotated[tuple[int, ...], BeforeValidator(_list)] = ()
    created_at: Instant = None
    updated_at: Instant = None

    @property
    def id(self) -> str:
        return str(self.case_id)


class MessageThere(_There):
    message_id: int
    user_id: Number = 0
    staff_id: Number = 0
    """Who wrote it; 0 if the customer did."""
    content: AnyText = ""
    content_html: AnyText = ""
    attachments: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_list)] = ()
    note: bool = False
    sent_via_rule: bool = False
    created_at: Instant = None
    sent_at: Instant = None
    """Later than ``created_at`` if it is to be sent later."""

    @property
    def text(self) -> str:
        """What it says, without markup."""
        return (self.content or plain(self.content_html)).strip()

    @property
    def at(self) -> datetime | None:
        """When the customer got it, or will get it."""
        return self.sent_at or self.created_at

    def is_for_later(self, now: datetime | None) -> bool:
        """Whether it was written to be sent at a time that has not come."""
        if now is None or self.sent_at is None or self.created_at is None:
            return False
        return self.sent_at > max(now, self.created_at)


class EntryThere(_There):
    """An entry of the changelog."""

    created_at: Instant = None
    event: AnyText = ""
    done_by: AnyText = ""
    """Such as ``staff_330`` or ``rule_1332``."""
    old_value: AnyText = ""
    value: AnyText = ""


class StaffThere(_There):
    staff_id: int
    staff_email: AnyText = ""
    active: bool = True
    status_id: Number = 0


def listed(answer: Any, key: str) -> Sequence[Any]:
    """The items of a list, which comes as ``{"0": {key: …}, "1": {key: …}, "total_count": 2}``."""
    if not isinstance(answer, Mapping):  # no items at all may be an empty list
        return ()
    numbered = sorted((int(name), item) for name, item in answer.items() if name.isdecimal())
    return [item[key] for _, item in numbered if isinstance(item, Mapping) and key in item]


def total(answer: Any) -> int | None:
    """How many items there are on all pages together, if the list says it."""
    count = answer.get("total_count") if isinstance(answer, Mapping) else None
    return count if isinstance(count, int) else None


_BREAKS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4"})
_UNSEEN = frozenset({"script", "style", "head"})


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in _BREAKS - {"br"}:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def plain(markup: str) -> str:
    """HTML as plain text, with its breaks; no more than one empty line in a row."""
    parser = _Plain()
    parser.feed(markup)
    parser.close()
    lines = [line.strip() for line in "".join(parser.parts).splitlines()]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip()
