"""Secrets that programs and browsers show: made at random, and kept as their digests only."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

from pydantic import StringConstraints

_RANDOM_BYTES = 32

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def new_token(prefix: str = "") -> str:
    """A token that nobody can guess: 256 random bits, behind ``prefix``."""
    return f"{prefix}{secrets.token_urlsafe(_RANDOM_BYTES)}"


def digest_of(token: str) -> str:
    """What is kept of a token. It is random, so that a plain digest cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
