"""Every hook parser against whatever may come: it gives a hint or a reason, and never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baton.signs import visible
from helpdesks.outside.hooks import Delivery, Hint, NotAuthentic, Unusable, read
from helpdesks.outside.opening import desks_with_hooks

SECRET = "a secret of the hooks"
NAMES = st.sampled_from(
    ["ticket", "transaction", "case_id", "message_id", "object", "event", "payload", "uuid"]
)
KEYS = NAMES | st.text(max_size=20)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=50)
    | st.from_regex(r"\A[0-9]{1,30}\Z")
    | st.just("6e6b4b33-0a43-4a44-9d0c-4f0a5a2d9a3e")
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=8)


def nested(depth: int, pair: tuple[bytes, bytes], inside: bytes) -> bytes:
    return pair[0] * depth + inside + pair[1] * depth


BODIES = (
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode(errors="replace"))
    | (OBJECTS | VALUES).map(lambda data: json.dumps(data).encode())
    | OBJECTS.map(lambda data: json.dumps(data, ensure_ascii=False).encode("utf-16", errors="surrogatepass"))
    | st.dictionaries(KEYS, LEAVES).map(lambda data: urlencode(data, errors="replace").encode())
    | st.builds(
        nested,
        st.sampled_from([1, 30, 31, 32, 33, 900, 1000, 5000, 100_000]),
        st.sampled_from([(b"[", b"]"), (b'{"object":', b"}"), (b'{"payload":[', b"]}")]),
        st.sampled_from([b"1", b'{"case_id":1}', b'"x"', b""]),
    )
)
TYPES = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "", "text/plain; charset=x"]
)


@pytest.mark.parametrize("desk", desks_with_hooks())
@given(body=BODIES, content_type=TYPES | st.text(max_size=30))
@example(body=b'{"ticket":' + b"9" * 100_000 + b"}", content_type="application/json")
@example(body=b'{"case_id": 1e400, "ticket": NaN}', content_type="application/json")
@example(body=b"\xef\xbb\xbf{}", content_type="application/json")
@example(body=b'{"ticket": "\xd9\xa1\xd9\xa2"}', content_type="application/json")
def test_whatever_a_body_is_there_is_a_hint_or_a_reason(desk: str, body: bytes, content_type: str) -> None:
    try:
        hint = read(desk, Delivery(body, {"content-type": content_type}), None)
    except Unusable as unusable:
        reason = str(unusable)
        assert reason == visible(reason)
        assert 0 < len(reason) < 200
    else:
        assert type(hint) is Hint
        assert hint.case_id is None or (hint.case_id.isascii() and 0 < len(hint.case_id) < 50)
        assert len(hint.event) < 300


@pytest.mark.parametrize("desk", desks_with_hooks())
@given(
    body=BODIES,
    headers=st.dictionaries(st.sampled_from(["authorization", "x-libredesk-signature"]), st.text()),
)
def test_nothing_comes_in_without_the_secret(desk: str, body: bytes, headers: dict[str, str]) -> None:
    for token in ("", "another", *headers.values()):
        with pytest.raises(NotAuthentic):
            read(desk, Delivery(body, headers, token), SECRET)


BEARER: Callable[[bytes], Delivery] = lambda body: Delivery(body, {"authorization": f"Bearer {SECRET}"})  # noqa: E731
IN_ADDRESS: Callable[[bytes], Delivery] = lambda body: Delivery(body, token=SECRET)  # noqa: E731


@pytest.mark.parametrize("delivery", [BEARER, IN_ADDRESS])
@pytest.mark.parametrize(
    ("desk", "fields", "hint"),
    [
        ("rt", {"ticket": 12, "transaction": 345}, Hint("12", "transaction 345")),
        ("rt", {"ticket": "12"}, Hint("12")),
        ("omnidesk", {"case_id": "2000", "message_id": 7}, Hint("2000", "omnidesk:2000:7")),
    ],
)
def test_with_the_secret_the_hint_is_read(
    delivery: Callable[[bytes], Delivery], desk: str, fields: dict[str, Any], hint: Hint
) -> None:
    assert read(desk, delivery(json.dumps(fields).encode()), SECRET) == hint
