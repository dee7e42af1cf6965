"""Values that stand in a document as what they are: no word becomes true or false, and no text a number."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

Flag = Annotated[bool, Strict()]
"""``true`` or ``false``. Left alone, pydantic takes ``yes``, ``t`` and ``1`` for true, ``n`` for false."""
Whole = Annotated[int, Strict()]
"""A whole number, written as one; neither ``'3'`` nor ``true``."""
Amount = Annotated[float, Strict()]
"""A number, with a fraction or without; neither ``'1.5'`` nor ``true``."""
