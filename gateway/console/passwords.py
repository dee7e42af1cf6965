"""Passwords: which will do, and their hashes."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from baton.texts import marked

SHORTEST = 12
LONGEST = 1000
_AT_ONCE = 2
"""Each hash takes 64 MiB, and most of a tenth of a second."""

TOO_SHORT = marked("The password has {number} characters and needs {least}.")
TOO_LONG = marked("The password has {number} characters; {most} are the most.")
IS_THE_NAME = marked("The password must not be your name.")
NOT_THE_SAME = marked("The two passwords are not the same.")


def mistake_in(password: str, *names: str) -> tuple[str, dict[str, int]] | None:
    """What is wrong with a new password, as a text to translate and its values; none if it will do.

    Args:
        names: what its person is called.
    """
    number = len(password)
    if number < SHORTEST:
        return TOO_SHORT, {"number": number, "least": SHORTEST}
    if number > LONGEST:
        return TOO_LONG, {"number": number, "most": LONGEST}
    if password.strip().casefold() in {name.strip().casefold() for name in names}:
        return IS_THE_NAME, {}
    return None


class Passwords:
    """Hashes passwords with argon2id, as the library recommends it. The hashes hold salt and costs."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hashed(self, password: str) -> str:
        """The hash of a password, to keep."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; false if there is none. It takes the same time then."""
        if self._nobody is None:
            self._nobody = await self.hashed(secrets.token_urlsafe())
        async with self._free:
            fits = await asyncio.to_thread(self._verified, kept or self._nobody, _bytes(password))
        return fits and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other costs than those of today."""
        return self._hasher.check_needs_rehash(kept)

    def _verified(self, kept: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    # The same letters may come as one sign or as two, depending on the keyboard.
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
