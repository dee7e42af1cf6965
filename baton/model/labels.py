"""The labels of a case: each once, in the order in which they were added, and not too many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from baton.contract import MAX_LABELS, MAX_LABELS_SIZE
from baton.errors import InvalidEvent


def labelled(
    labels: tuple[str, ...], add: Iterable[str] = (), remove: Collection[str] = ()
) -> tuple[str, ...]:
    """``labels`` with those added and without those removed; what is in both is removed.

    Raises ``InvalidEvent`` if there would be too many: each answer and each write carries them.
    """
    wanted = tuple(label for label in dict.fromkeys((*labels, *add)) if label not in remove)
    if len(wanted) <= len(labels):
        return wanted
    if len(wanted) > MAX_LABELS:
        raise InvalidEvent(f"the case would have {len(wanted):,} labels; at most {MAX_LABELS:,} are possible")
    size = sum(len(label.encode()) for label in wanted)
    if size > MAX_LABELS_SIZE:
        raise InvalidEvent(
            f"the labels of the case would have {size:,} bytes together; at most {MAX_LABELS_SIZE:,} are "
            f"possible: remove some first"
        )
    return wanted


def in_other_words(labels: tuple[str, ...], new: Mapping[str, str]) -> tuple[str, ...]:
    """The labels of a case, with ``new`` ones in the places of the old."""
    return tuple(dict.fromkeys(new.get(label, label) for label in labels)) if new else labels
