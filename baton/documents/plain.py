"""Values that stand in a document as what they are: no word becomes true or false, and no text a number."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Strict
from pydantic_core import PydanticKnownError

Flag = Annotated[bool, Strict()]
"""``true`` or ``false``. Left alone, pydantic takes ``yes``, ``t`` and ``1`` for true, ``n`` for false."""
Whole = Annotated[int, Strict()]
"""A whole number, written as one; neither ``'3'`` nor ``true``."""
Amount = Annotated[float, Strict()]
"""A number, with a fraction or without; neither ``'1.5'`` nor ``true``."""


def _spelt(expected: object) -> BeforeValidator:
    def checked(given: Any) -> Any:
        if given == expected and type(given) is not type(expected):
            raise PydanticKnownError("literal_error", {"expected": repr(expected)})
        return given

    return BeforeValidator(checked)


One = Annotated[Literal[1], _spelt(1)]
"""``1``, the version of a language. Left alone, pydantic takes ``true`` and ``1.0`` for it."""
Yes = Annotated[Literal[True], _spelt(True)]
"""``true``, where nothing else makes sense. Left alone, pydantic takes ``1`` for it."""
