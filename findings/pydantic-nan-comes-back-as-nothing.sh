#!/usr/bin/env bash
# Temporal with pydantic: a model with a NaN or an infinity is sent, and cannot be read.
#
# Guess: a float goes out and comes back; or else it is refused where it is sent.
# What happens: in a model it is written as null, without an error, and null is not a float: reading it fails.
# A workflow that gets it fails its task again and again, on a history that was accepted. By itself, NaN does
# come back.
# Versions: temporalio 1.35.0, pydantic 2.14.3.
# For whoever builds on it: allow_inf_nan=False on the fields, or ser_json_inf_nan="strings" in the model.
# Seen:
#   temporalio 1.35.0, pydantic 2.14.3
#   nan is sent as: {"value":null}
#   reading it: Input should be a valid number
#   inf is sent as: {"value":null}
#   reading it: Input should be a valid number
#   by itself: True
#   with "strings": value=inf
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio[pydantic]==1.35.0 pydantic==2.14.3
play <<'PY'
import asyncio
from math import inf, isnan, nan

from lib import error, same
from pydantic import BaseModel, ConfigDict
from temporalio.contrib.pydantic import pydantic_data_converter as converter


class Score(BaseModel):
    value: float


class SafeScore(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings")
    value: float


async def main():
    for value in (nan, inf):
        payloads = await converter.encode([Score(value=value)])
        same(f"{value} is sent as", payloads[0].data.decode(), '{"value":null}')
        raised = await error(converter.decode(payloads, [Score]))
        same("reading it", raised.errors()[0]["msg"], "Input should be a valid number")
    payloads = await converter.encode([nan])
    same("by itself", isnan((await converter.decode(payloads, [float]))[0]), True)
    payloads = await converter.encode([SafeScore(value=inf)])
    same('with "strings"', (await converter.decode(payloads, [SafeScore]))[0], SafeScore(value=inf))


asyncio.run(main())
PY
