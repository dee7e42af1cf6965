#!/usr/bin/env bash
# standardwebhooks: a time with a zone is signed as if its wall clock were UTC.
#
# Guess: Webhook.sign(id, timestamp, body) signs the moment that timestamp is, whatever its zone.
# What happens: its zone is replaced by UTC, not converted. A time in another zone is signed as another moment, and
# the receiver, who has the right one in webhook-timestamp, finds no matching signature.
# Versions: standardwebhooks 1.1.0.
# For whoever builds on it: hand over times in UTC only.
# Seen:
#   standardwebhooks 1.1.0
#   the same moment in UTC: verified
#   the same moment in UTC+3: No matching signature found
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages standardwebhooks==1.1.0
play <<'PY'
from datetime import datetime, timedelta, timezone

from lib import same
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook("whsec_" + "A" * 32)
now = datetime.now(timezone.utc)
headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}


def verified(moment):
    signature = webhook.sign("msg_1", moment, "{}")
    try:
        webhook.verify("{}", {**headers, "webhook-signature": signature})
    except WebhookVerificationError as error:
        return str(error)
    return "verified"


same("the same moment in UTC", verified(now), "verified")
east = now.astimezone(timezone(timedelta(hours=3)))
same("the same moment in UTC+3", verified(east), "No matching signature found")
PY
