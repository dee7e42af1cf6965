"""What operators ask about deliveries of hooks that could not be used. Called without a workflow."""

from __future__ import annotations

from activities.calls import call
from activities.refusing import refusal
from baton.desk.hooks import (
    LIST_HOOKS,
    REPLAY_HOOKS,
    SHOW_HOOK,
    HookQuery,
    HookReplay,
    HooksQuery,
    HooksReplayed,
    KeptHook,
)
from baton.errors import IllegalTransition
from helpdesks.kepthooks import KeptHooks

_PORTION = 500
"""How many are read again in one call."""


class HookCalls:
    """The calls about kept deliveries."""

    def __init__(self, hooks: KeptHooks) -> None:
        self._hooks = hooks

    @call(LIST_HOOKS)
    async def list_hooks(self, query: HooksQuery) -> list[KeptHook]:
        """The latest first, without their bodies."""
        return list(await self._hooks.kept(query.limit))

    @call(SHOW_HOOK)
    async def show_hook(self, query: HookQuery) -> KeptHook:
        """One, with the beginning of its body."""
        found = await self._hooks.one(query.id)
        if found is None:
            raise _none(query.id)
        return found

    @call(REPLAY_HOOKS)
    async def replay_hooks(self, replay: HookReplay) -> HooksReplayed:
        """Read deliveries again with the code as it is now. Whoever asks has the feeds look."""
        if replay.id is not None:
            again = await self._hooks.read_again(replay.id)
            if again is None:
                raise _none(replay.id)
            return _became([again], None)
        numbers = [number for number in await self._hooks.numbers() if number > replay.after]
        portion = numbers[:_PORTION]
        read = [await self._hooks.read_again(number) for number in portion]
        return _became(read, portion[-1] if len(numbers) > _PORTION else None)


def _became(read: list[KeptHook | None], after: int | None) -> HooksReplayed:
    there = [one for one in read if one is not None]
    usable = [one for one in there if not one.reason]
    return HooksReplayed(
        usable=len(usable),
        left=len(there) - len(usable),
        after=after,
        desks=tuple(sorted({one.desk for one in usable})),
    )


def _none(number: int) -> Exception:
    return refusal(
        IllegalTransition.__name__, f"no delivery {number} is kept: `baton hooks list` shows which are"
    )
