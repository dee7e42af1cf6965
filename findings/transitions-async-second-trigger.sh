#!/usr/bin/env bash
# transitions: the second trigger of an AsyncMachine cancels the first, half-way through.
#
# Guess: two triggers of one model run one after the other, or side by side.
# What happens: the second cancels the task of the first at its next `await`. The rest of the callback does
# not run, and the first caller is told False, as if a condition had said no. The state has changed
# nevertheless.
# Versions: transitions 0.9.3.
# For whoever builds on it: never two triggers at once; take events from one queue, or use `queued="model"`.
# Seen:
#   transitions 0.9.3
#   close() returns: True
#   ask() returns: False
#   what was done: ['label set', 'closed']
#   state: closed
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages transitions==0.9.3
play <<'PY'
import asyncio

from lib import same
from transitions.extensions.asyncio import AsyncMachine


class Ticket:
    def __init__(self):
        self.done = []
        self.entered = asyncio.Event()

    async def on_enter_asked(self):
        self.done.append("label set")
        self.entered.set()
        await asyncio.sleep(0.05)
        self.done.append("department told")

    async def on_enter_closed(self):
        self.done.append("closed")


async def main():
    ticket = Ticket()
    table = [["ask", "new", "asked"], ["close", "asked", "closed"]]
    AsyncMachine(ticket, states=["new", "asked", "closed"], initial="new", transitions=table)
    asking = asyncio.create_task(ticket.ask())
    await ticket.entered.wait()
    same("close() returns", await ticket.close(), True)
    same("ask() returns", await asking, False)
    same("what was done", ticket.done, ["label set", "closed"])
    same("state", ticket.state, "closed")


asyncio.run(main())
PY
