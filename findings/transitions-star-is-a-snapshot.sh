#!/usr/bin/env bash
# transitions: "*" as a source means the states of that moment, not every state.
#
# Guess: a transition from "*" works from any state.
# What happens: the star is replaced by the states that there are when the transition is added. From a state
# that is added later, the trigger is refused.
# Versions: transitions 0.9.3.
# For whoever builds on it: add every state first; whoever extends a machine must repeat its transitions from
# "*".
# Seen:
#   transitions 0.9.3
#   close() in the state that came later: Can't trigger event close from state snoozed!
#   state: snoozed
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages transitions==0.9.3
play <<'PY'
from lib import same
from transitions import Machine, MachineError


class Chat:
    pass


chat = Chat()
machine = Machine(chat, states=["open", "closed"], initial="open", transitions=[["close", "*", "closed"]])
machine.add_state("snoozed")
machine.add_transition("snooze", "open", "snoozed")
chat.snooze()
try:
    chat.close()
except MachineError as error:
    same("close() in the state that came later", error.value, "Can't trigger event close from state snoozed!")
same("state", chat.state, "snoozed")
PY
