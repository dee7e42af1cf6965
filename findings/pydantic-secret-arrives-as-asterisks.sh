#!/usr/bin/env bash
# Temporal with pydantic: a SecretStr arrives as a SecretStr of ten asterisks.
#
# Guess: a secret is hidden when it is printed, and an activity that is handed one can use it.
# What happens: it is also hidden when it is written as JSON, which is how it is sent. The reader takes the
# asterisks for the secret: there is no error at either end until somebody tries to log in with them.
# Versions: temporalio 1.35.0, pydantic 2.14.3.
# For whoever builds on it: hand over the name of a secret, and read it where it is used.
# Seen:
#   temporalio 1.35.0, pydantic 2.14.3
#   the reader has: **********
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio[pydantic]==1.35.0 pydantic==2.14.3
play <<'PY'
import asyncio

from lib import same
from pydantic import BaseModel, SecretStr
from temporalio.contrib.pydantic import pydantic_data_converter as converter


class Login(BaseModel):
    user: str
    token: SecretStr


async def main():
    payloads = await converter.encode([Login(user="lena", token="open sesame")])
    login = (await converter.decode(payloads, [Login]))[0]
    same("the reader has", login.token.get_secret_value(), "**********")


asyncio.run(main())
PY
