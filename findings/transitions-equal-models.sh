#!/usr/bin/env bash
# transitions: a shared machine leaves out a model that equals one it has.
#
# Guess: `add_model` takes every object that it is handed.
# What happens: it looks for the model with `in`, so with `==`. Two dataclass instances of the same values are
# equal: the second one is left out without an error, and has no triggers.
# Versions: transitions 0.9.3.
# For whoever builds on it: let models of a shared machine compare by identity (`@dataclass(eq=False)`).
# Seen:
#   transitions 0.9.3
#   models that the machine has, of two added: 1
#   the first one can close: True
#   the second one can close: False
#   of two that differ, the second can close: True
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages transitions==0.9.3
play <<'PY'
from dataclasses import dataclass

from lib import same
from transitions import Machine


@dataclass
class Chat:
    messages: int = 0


machine = Machine(
    model=None, states=["open", "closed"], initial="open", transitions=[["close", "open", "closed"]]
)
first, second = Chat(), Chat()
machine.add_model(first)
machine.add_model(second)
same("models that the machine has, of two added", len(machine.models), 1)
same("the first one can close", hasattr(first, "close"), True)
same("the second one can close", hasattr(second, "close"), False)

first, second = Chat(messages=1), Chat(messages=2)
machine.add_model(first)
machine.add_model(second)
same("of two that differ, the second can close", hasattr(second, "close"), True)
PY
