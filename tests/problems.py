"""What tests of the HTTP API share."""

from __future__ import annotations

import httpx


def bearing(key: str) -> dict[str, str]:
    """The header with an API key."""
    return {"authorization": f"Bearer {key}"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status of a problem, and its kind. Fails for any other answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["type"].removeprefix("urn:baton:problem:")
