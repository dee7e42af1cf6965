"""Notices, looked at person by person."""

from __future__ import annotations

from collections.abc import Iterable

from baton.desk.api import NoticeRow


def to_each(notices: Iterable[NoticeRow]) -> list[NoticeRow]:
    """The same notices as those who were told got them: a row for each person, named in ``staff``."""
    return [row.model_copy(update={"staff": staff}) for row in notices for staff in row.told]
