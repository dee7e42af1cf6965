"""The templates of a new company: its departments are asked with them."""

from __future__ import annotations

from baton.documents.yamlwriting import inline
from local.init.asked import Asked
from local.init.samples import TemplatesComments

_TEMPLATES = "templates:\n"


def templates_text(asked: Asked, comments: TemplatesComments) -> str:
    """The text of ``templates.yaml``."""
    # What a text may say, the version, and the draft: as they are shipped.
    _, _, rest = comments.shipped.read_text(encoding="utf-8").partition(comments.reading)
    beginning = comments.head + comments.reading + rest.partition(_TEMPLATES)[0]
    if not asked.departments:
        return beginning + comments.none_yet
    *others, last = (department.name for department in asked.departments)
    names = f"{', '.join(others)}{comments.conjunction}{last}" if others else last
    return beginning + comments.all.format(
        name=inline(names),
        quiet=inline(comments.quiet.format(names=names)),
        departments=inline([department.key for department in asked.departments]),
        until=comments.until,
        by=comments.by,
    )
