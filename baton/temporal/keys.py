"""The keys for payloads: the first one encrypts, all of them decrypt.

A key file has one key on each line: its ID and 32 random bytes in Base64. The first key encrypts. Empty lines
and lines that begin with ``#`` are skipped.

    # since March
    2027-03 mXo0c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3I=
    2026-09 b2xkIGtleTogaXQgcmVhZHMsIGJ1dCBpdCBkb2VzIG4=

A key itself is never shown: not in an error, not in a log, not by ``repr``. What is shown is its name: the
ID and the beginning of the key's SHA-256, ``2027-03/5f0c2a91``. So two keys under one ID can be told apart,
and a payload that its key does not open must have been changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from baton.errors import SettingsError, UnknownKey, Unreadable

KEY_BYTES = 32
NONCE_BYTES = 12
ID_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ID_MEANING = "letters, digits, dots, dashes and underscores, at most 64"


class KeyRing:
    """Encrypts with AES-256-GCM.

    Args:
        keys: 32 bytes for each ID; the first one encrypts.

    Raises:
        SettingsError: there is no key, or the package ``cryptography`` is not installed.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise SettingsError("a key ring needs a key")
        try:
            # Imported here, so that the package is needed only for encryption.
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise SettingsError(
                "encryption needs the package cryptography: pip install 'baton-desk[encryption]'"
            ) from error
        self._ciphers = {name_of(key_id, key): AESGCM(key) for key_id, key in keys.items()}
        self._invalid = InvalidTag
        self.names = list(self._ciphers)
        """The names of the keys; the first one encrypts."""

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """The keys in a file. Raises ``SettingsError``, which names file and line."""
        return cls(read_keys(path))

    @property
    def writing(self) -> str:
        """The name of the key that encrypts."""
        return self.names[0]

    def seal(self, data: bytes, bound_to: bytes) -> bytes:
        """Encrypt with the first key. The result can be opened only with the same ``bound_to``."""
        # A random nonce: safe for 2^32 payloads with one key, see docs/security.md.
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._ciphers[self.writing].encrypt(nonce, data, bound_to)

    def open(self, name: str, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypt. Raises ``UnknownKey``, or ``Unreadable`` if it was changed or bound to something else."""
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise UnknownKey(
                f"a payload is encrypted with the key {name!r}, which is not in the key file (in it: "
                f"{', '.join(self.names)}). Put it back, below the key that writes."
            )
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
        except (self._invalid, ValueError):
            raise Unreadable(f"the key {name!r} does not open it: it was changed") from None

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.names)})"


def name_of(key_id: str, key: bytes) -> str:
    """The name of a key, which may be shown."""
    return f"{key_id}/{hashlib.sha256(key).hexdigest()[:8]}"


def new_key() -> bytes:
    """32 bytes from the operating system."""
    return secrets.token_bytes(KEY_BYTES)


def key_line(key_id: str, key: bytes) -> str:
    """A line of a key file. Raises ``SettingsError`` for an invalid ID."""
    if not ID_FORM.fullmatch(key_id):
        raise SettingsError(f"{key_id!r} cannot be the ID of a key: {_ID_MEANING}")
    return f"{key_id} {base64.b64encode(key).decode()}\n"


def read_keys(path: Path) -> dict[str, bytes]:
    """The keys of a file, in order. Raises ``SettingsError`` that lists every mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise SettingsError(
            f"the key file {path} cannot be read: {why}. It is set by BATON_ENCRYPTION_KEYS_FILE; "
            "'baton keys add FILE' makes one."
        ) from error
    keys: dict[str, bytes] = {}
    problems = []
    for number, words in _lines(text):
        problem = _problem(words, keys)
        if problem:
            problems.append(f"{path}:{number}: {problem}")
        else:
            keys[words[0]] = base64.b64decode(words[1])
    if not keys and not problems:
        problems.append(f"{path}: there is no key in it. 'baton keys add FILE' makes one.")
    if problems:
        raise SettingsError("\n".join(problems))
    return keys


def with_key_first(text: str, key_id: str) -> str:
    """The text of a key file in which the key ``key_id`` encrypts. Everything else stays as it is."""
    lines = text.splitlines()
    numbers = {words[0]: number - 1 for number, words in _lines(text)}
    line = lines.pop(numbers[key_id])
    lines.insert(min(numbers.values()), line)
    return "\n".join(lines) + "\n"


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield number, words


def _problem(words: list[str], keys: Mapping[str, bytes]) -> str | None:
    """What is wrong with a line, without quoting it: it may be a key."""
    if len(words) != 2:
        return f"it has {len(words)} words, but a key is two: its ID, and 32 bytes in Base64"
    key_id, written = words
    if not ID_FORM.fullmatch(key_id):
        return f"the first word cannot be the ID of a key: {_ID_MEANING}"
    if key_id in keys:
        return f"there is a key {key_id!r} above; each ID stands for one key"
    try:
        size = len(base64.b64decode(written, validate=True))
    except binascii.Error:
        return f"the key {key_id!r} is not Base64"
    return None if size == KEY_BYTES else f"the key {key_id!r} has {size} bytes, and needs {KEY_BYTES}"
