#!/usr/bin/env bash
# transitions: of two machines on one object, `trigger(name)` reaches the first only.
#
# Guess: with a `model_attribute` for each, two machines can share a model; `model.trigger("pay")` does what
# `model.pay()` does.
# What happens: the methods work. `trigger` belongs to the machine that came first, and does not know the
# names of the second: AttributeError. With an event that both have, the method also moves only the first.
# Versions: transitions 0.9.3.
# For whoever builds on it: call the methods, and give no event to both; or give each machine an object of its
# own.
# Seen:
#   transitions 0.9.3
#   trigger('send'): True
#   trigger('pay'): Do not know event named 'pay'.
#   pay(): True
#   after pay(): ('sent', 'paid')
#   reset(), which both have: True
#   after reset(): ('packed', 'paid')
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages transitions==0.9.3
play <<'PY'
import logging

from lib import same
from transitions import Machine


class Order:
    pass


def machine(model, attribute, states, event):
    table = [[event, *states], ["reset", "*", states[0]]]
    Machine(model, states=states, initial=states[0], transitions=table, model_attribute=attribute)


logging.disable()  # it warns that `reset` is there already
order = Order()
machine(order, "parcel", ["packed", "sent"], "send")
machine(order, "money", ["owed", "paid"], "pay")
same("trigger('send')", order.trigger("send"), True)
try:
    order.trigger("pay")
except AttributeError as error:
    same("trigger('pay')", str(error), "Do not know event named 'pay'.")
same("pay()", order.pay(), True)
same("after pay()", (order.parcel, order.money), ("sent", "paid"))
same("reset(), which both have", order.reset(), True)
same("after reset()", (order.parcel, order.money), ("packed", "paid"))
PY
