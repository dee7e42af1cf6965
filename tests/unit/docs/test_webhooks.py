"""What docs/webhooks.md says about webhooks is what they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from standardwebhooks import Webhook

from baton.contract.outgoing import Told, WebhookMessage
from baton.desk.ways import NoticeKind
from baton.settings import CHECKOUT
from helpdesks.outgoing.client import signed
from helpdesks.outgoing.subscribers import new_secret
from local.machine import free_port

DOCUMENT = (CHECKOUT / "docs/webhooks.md").read_text(encoding="utf-8")
RECEIVER = CHECKOUT / "docs/examples/webhook_receiver.py"
BODY = re.search(r"```json\n(\{\n  \"type\".*?)```", DOCUMENT, re.DOTALL)


def test_all_types_and_kinds_are_listed() -> None:
    missing = [one.value for one in (*Told, *NoticeKind) if f"`{one.value}`" not in DOCUMENT]
    assert missing == []


def test_the_body_shown_is_one() -> None:
    assert BODY is not None
    shown = json.loads(BODY[1])
    message = WebhookMessage.model_validate(shown)
    assert message.data.model_dump(mode="json", exclude_unset=True) == shown["data"]


def test_the_receiver_shown_takes_each_letter_once_and_nothing_that_is_not_signed() -> None:
    assert "(examples/webhook_receiver.py)" in DOCUMENT
    assert BODY is not None
    secret, port, body = new_secret(), free_port(), BODY[1]
    receiver = subprocess.Popen(
        [sys.executable, "-c", f"import runpy,sys; sys.argv=['x','{port}']\n{_SAYING_THAT_IT_LISTENS}"],
        env={**os.environ, "WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == "listening\n"
        for _ in range(2):
            assert _send(port, body, signed("msg_1", body, (secret,))) == 204
        assert _send(port, body, signed("msg_2", body, (new_secret(), secret))) == 204
        with pytest.raises(HTTPError, match="400"):
            _send(port, body, signed("msg_3", body, (new_secret(),)))
    finally:
        receiver.terminate()
        said, _ = receiver.communicate()
    assert said.splitlines() == ["case.moved chat:telegram:42"] * 2


_SAYING_THAT_IT_LISTENS = f"""
import http.server
class Said(http.server.ThreadingHTTPServer):
    def serve_forever(self, *arguments):
        print("listening", flush=True)
        super().serve_forever(*arguments)
http.server.ThreadingHTTPServer = Said
runpy.run_path({str(RECEIVER)!r}, run_name="__main__")
"""


def _send(port: int, body: str, headers: dict[str, str]) -> int:
    request = Request(f"http://127.0.0.1:{port}/", body.encode(), headers)
    with urlopen(request) as answer:
        return int(answer.status)


def test_a_signature_is_one_by_the_library() -> None:
    secret = new_secret()
    headers = signed("msg_1", "{}", (secret,))
    assert Webhook(secret).verify("{}", headers) == {}
