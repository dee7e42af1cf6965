"""API keys in the ledger: which let somebody in, and until when."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from baton.desk.apikeys import ApiKeyRevocation, ApiKeyRotation, NewApiKey, Scope, new_key
from baton.desk.tokens import digest_of
from baton.errors import InvalidEvent, NotAllowed
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.schema import api_keys
from lab.ledger import rows

READ = (Scope.READ,)


def new(name: str, key: str, scopes: tuple[Scope, ...] = READ) -> NewApiKey:
    return NewApiKey(name=name, digest=digest_of(key), scopes=scopes)


async def let_in(desk: EmbeddedHelpDesk) -> set[str]:
    return {key.digest for key in await desk.api_keys.living()}


async def test_a_key_is_kept_once_and_only_as_its_digest(desk: EmbeddedHelpDesk) -> None:
    key = new_key()
    first, again = [await desk.api_keys.add(new("shop", key, tuple(Scope))) for _ in range(2)]
    assert first == again
    (kept,) = await rows(desk, select(api_keys))
    assert (kept.digest, sorted(kept.scopes)) == (digest_of(key), sorted(Scope))
    assert key not in str(tuple(kept))


async def test_a_name_belongs_to_one_key_until_that_is_revoked(desk: EmbeddedHelpDesk) -> None:
    first, second = new_key(), new_key()
    await desk.api_keys.add(new("shop", first))
    with pytest.raises(NotAllowed, match="'shop' already"):
        await desk.api_keys.add(new("shop", second))
    await desk.api_keys.revoke(ApiKeyRevocation(name="shop"))
    assert await let_in(desk) == set()
    await desk.api_keys.add(new("shop", second))
    assert await let_in(desk) == {digest_of(second)}
    assert [(row.name, row.ends_at is None) for row in await desk.api_keys.all()] == [
        ("shop", False),
        ("shop", True),
    ]


async def test_a_key_that_is_rotated_stays_good_for_the_grace_and_keeps_its_scopes(
    desk: EmbeddedHelpDesk,
) -> None:
    old, rotated, last = new_key(), new_key(), new_key()
    await desk.api_keys.add(new("shop", old, (Scope.EVENTS, Scope.READ)))
    for _ in range(2):  # an activity may run again
        row = await desk.api_keys.rotate(ApiKeyRotation(name="shop", digest=digest_of(rotated), grace=3600))
        assert row.scopes == ("events", "read")
    assert await let_in(desk) == {digest_of(old), digest_of(rotated)}
    # Whoever rotates without a grace wants nothing older to be good any longer.
    await desk.api_keys.rotate(ApiKeyRotation(name="shop", digest=digest_of(last)))
    assert await let_in(desk) == {digest_of(last)}


async def test_of_two_who_make_a_key_of_one_name_at_once_one_gets_it(desk: EmbeddedHelpDesk) -> None:
    made = await asyncio.gather(
        *(desk.api_keys.add(new("shop", new_key())) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, NotAllowed) for one in made) == 4
    assert len(await let_in(desk)) == 1


async def test_what_is_not_there_can_be_neither_rotated_nor_revoked(desk: EmbeddedHelpDesk) -> None:
    with pytest.raises(InvalidEvent, match="no API key 'shop'"):
        await desk.api_keys.rotate(ApiKeyRotation(name="shop", digest=digest_of(new_key())))
    with pytest.raises(InvalidEvent, match="no API key 'shop'"):
        await desk.api_keys.revoke(ApiKeyRevocation(name="shop"))
