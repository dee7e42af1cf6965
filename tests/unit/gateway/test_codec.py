"""The codec server: who is answered, with what, and what stays hidden."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from baton.errors import SettingsError
from baton.settings import load_settings
from baton.temporal.codec import ENCODING, EncryptionCodec
from baton.temporal.keys import KeyRing, key_line, new_key
from gateway.__main__ import read_token, server_for
from gateway.codec import COOKIE, LARGEST_BODY, MOST_PAYLOADS, codec_app

TOKEN = "a-token-that-nobody-guesses"
UI = "http://ui.example.org"
SECRET = "my card number is 4711, мой номер"
KEYS = KeyRing({"k": new_key()})
HERE = ("support", "workflow", "chat:telegram:42")
WITH_TOKEN = {"authorization": f"Bearer {TOKEN}", "x-namespace": "support"}


def written(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def plain(text: str = SECRET) -> dict[str, Any]:
    """A payload as Temporal's UI and CLI write it."""
    return {"metadata": {"encoding": written("json/plain")}, "data": written(f'"{text}"')}


def text_of(payload: dict[str, Any]) -> str:
    return base64.b64decode(payload["data"]).decode()


@pytest.fixture
async def door() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(codec_app(KEYS, TOKEN, UI))
    async with httpx.AsyncClient(transport=transport, base_url="http://codec.example.org") as client:
        yield client


async def asked(door: httpx.AsyncClient, path: str, *payloads: dict[str, Any], **headers: str) -> Any:
    answer = await door.post(path, json={"payloads": payloads}, headers={**WITH_TOKEN, **headers})
    assert answer.status_code == 200, answer.text
    return answer.json()["payloads"]


async def test_what_it_encodes_it_decodes(door: httpx.AsyncClient) -> None:
    (encoded,) = await asked(door, "/encode", plain())
    assert base64.b64decode(encoded["metadata"]["encoding"]) == ENCODING
    assert "4711" not in text_of({"data": written(str(base64.b64decode(encoded["data"])))})
    assert await asked(door, "/decode", encoded) == [plain()]


async def test_it_reads_what_workers_write_and_leaves_what_is_readable(door: httpx.AsyncClient) -> None:
    (encoded,) = await asked(door, "/encode", plain())
    decoded = await asked(door, "/decode", plain("other"), encoded)
    assert [text_of(payload) for payload in decoded] == ['"other"', f'"{SECRET}"']


async def test_a_worker_reads_what_the_cli_has_encoded_for_its_namespace_and_for_no_other() -> None:
    from temporalio.api.common.v1 import Payload

    codec = EncryptionCodec(KEYS)
    for_cli = codec.at(("support",)).encrypted(Payload(data=b"x"))
    assert codec.at(HERE).decrypted(for_cli).data == b"x"
    (elsewhere,) = await codec.at(("other", *HERE[1:])).decode([for_cli])
    assert elsewhere.metadata["encoding"] == b"baton/unreadable"


async def test_what_cannot_be_read_stays_as_it_is_and_is_named_in_the_log(
    door: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = codec_app(KeyRing({"other": new_key()}), TOKEN, UI)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(stranger), base_url="http://c.example.org"
    ) as other:
        (unknown,) = await asked(other, "/encode", plain())
    (known,) = await asked(door, "/encode", plain())
    (elsewhere,) = await asked(door, "/encode", plain(), **{"x-namespace": "another"})

    with caplog.at_level(logging.INFO):
        assert await asked(door, "/decode", unknown, known, elsewhere) == [unknown, plain(), elsewhere]
    assert "key 'other/" in caplog.text
    assert "'another'" in caplog.text


async def test_a_name_of_a_key_that_somebody_has_made_up_does_not_fill_the_log(
    door: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    (payload,) = await asked(door, "/encode", plain())
    payload["metadata"]["encryption-key-id"] = written("\nforged " + "x" * 100_000)
    assert await asked(door, "/decode", payload) == [payload]
    (record,) = [one for one in caplog.records if one.name == "baton.gateway"]
    assert "forged" in record.getMessage()
    assert len(record.getMessage().encode()) < 400
    assert "\n" not in record.getMessage()


async def test_no_text_is_logged(door: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        (encoded,) = await asked(door, "/encode", plain())
        await asked(door, "/decode", encoded, plain())
        await door.post("/decode", content=SECRET.encode(), headers=WITH_TOKEN)
    assert "4711" not in caplog.text
    assert written(f'"{SECRET}"') not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("path", ["/encode", "/decode"])
@pytest.mark.parametrize(
    "authorization", ["", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer x", f"Bearer {TOKEN}x", "Bearer мой"]
)
async def test_without_the_token_nothing_is_answered(
    door: httpx.AsyncClient, path: str, authorization: str
) -> None:
    headers = {b"x-namespace": b"support", b"authorization": authorization.encode()}
    answer = await door.post(path, json={"payloads": [plain()]}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "4711" not in answer.text


@pytest.mark.parametrize(
    "body", ["", "[1]", "{", "[" * 10_000, '{"payloads": 1}', '{"payload": []}', SECRET, b"\xff"]
)
async def test_a_body_that_is_none_is_refused_without_being_quoted(
    door: httpx.AsyncClient, body: str | bytes
) -> None:
    answer = await door.post("/decode", content=body, headers=WITH_TOKEN)
    assert answer.status_code == 400
    assert answer.json() == {"detail": 'the body must be {"payloads": [...]}, as Temporal sends it'}


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(door: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 20
            yield b" " * (1 << 20)

    answer = await door.post("/decode", content=endless(), headers=WITH_TOKEN)
    assert answer.status_code == 413
    assert read <= LARGEST_BODY + (2 << 20)


@pytest.mark.parametrize(("number", "status"), [(0, 200), (1, 413), (MOST_PAYLOADS + 1, 413), (10**6, 413)])
async def test_more_payloads_than_any_page_of_a_history_has_are_refused(
    door: httpx.AsyncClient, number: int, status: int
) -> None:
    body = b'{"payloads":[' + b",".join([b"{}"] * (MOST_PAYLOADS + number)) + b"]}"
    answer = await door.post("/decode", content=body, headers=WITH_TOKEN)
    assert answer.status_code == status
    if status == 413:
        assert answer.json() == {"detail": "at most 10,000 payloads"}


async def test_the_namespace_must_be_named(door: httpx.AsyncClient) -> None:
    answer = await door.post("/decode", json={"payloads": []}, headers={"authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "the header X-Namespace is missing")


# --- Browsers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("origin", "allowed"), [(UI, True), ("http://evil.example.org", False)])
async def test_only_the_page_of_the_ui_may_read_answers(
    door: httpx.AsyncClient, origin: str, allowed: bool
) -> None:
    asking = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-namespace",
    }
    preflight = await door.options("/decode", headers=asking)
    answer = await door.post("/decode", json={"payloads": []}, headers={**WITH_TOKEN, "origin": origin})
    assert preflight.is_success == allowed
    for response in (preflight, answer):
        assert (response.headers.get("access-control-allow-origin") == origin) == allowed
        assert response.headers.get("access-control-allow-origin") != "*"
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_somebody_who_signs_in_is_known_by_a_cookie_that_is_not_the_token(
    door: httpx.AsyncClient,
) -> None:
    (encoded,) = await asked(door, "/encode", plain())
    refused = await door.post("/", data={"token": "guessed"})
    assert (refused.status_code, refused.cookies.get(COOKIE)) == (401, None)

    entered = await door.post("/", data={"token": TOKEN})
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"]
    assert TOKEN not in cookie
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Max-Age=43200"))
    # For this host name only: a page that points its own name at this server's address has another.
    assert "Domain" not in cookie
    answer = await door.post("/decode", json={"payloads": [encoded]}, headers={"x-namespace": "support"})
    assert answer.json()["payloads"] == [plain()]
    page = (await door.get("/")).text
    assert "You are signed in" in page
    assert "http://codec.example.org</code>" in page, "what to enter in the UI is not shown"

    await door.post("/sign-out")
    answer = await door.post("/decode", json={"payloads": [encoded]}, headers={"x-namespace": "support"})
    assert answer.status_code == 401
    assert "You are signed in" not in (await door.get("/")).text


@pytest.mark.parametrize(
    ("asked_by", "ui", "secure"),
    [
        ("http", "http://ui.example.org", False),
        ("https", "http://ui.example.org", True),
        # A proxy has ended the TLS connection.
        ("http", "https://ui.example.org", True),
    ],
)
async def test_where_there_is_tls_the_cookie_is_for_tls_only(asked_by: str, ui: str, secure: bool) -> None:
    transport = httpx.ASGITransport(codec_app(KEYS, TOKEN, ui))
    async with httpx.AsyncClient(transport=transport, base_url=f"{asked_by}://codec.example.org") as client:
        entered = await client.post("/", data={"token": TOKEN})
        cookie = entered.headers["set-cookie"]
        page = await client.get("/", headers={"cookie": cookie.partition(";")[0]})
    assert ("Secure" in cookie) == secure
    assert ("https://codec.example.org" in page.text) == secure


async def test_no_answer_is_kept_anywhere(door: httpx.AsyncClient) -> None:
    asked_for = [
        await door.get("/"),
        await door.post("/", data={"token": TOKEN}),
        await door.get("/"),
        await door.post("/decode", json={"payloads": []}, headers=WITH_TOKEN),
        await door.post("/encode", json={"payloads": []}, headers=WITH_TOKEN),
    ]
    assert {answer.headers["cache-control"] for answer in asked_for} == {"no-store"}
    assert [answer.json() for answer in asked_for[3:]] == [{"payloads": []}] * 2


async def test_the_host_that_a_page_names_is_not_taken_for_markup(door: httpx.AsyncClient) -> None:
    await door.post("/", data={"token": TOKEN})
    page = await door.get("/", headers={"host": "<script>alert(1)</script>"})
    assert "You are signed in" in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("change", ["{}x", "9{}", "x", "1.{}", "", "²{}", "99999999999999999999.x"])
async def test_a_cookie_that_was_made_up_or_is_old_counts_for_nothing(
    door: httpx.AsyncClient, change: str
) -> None:
    entered = await door.post("/", data={"token": TOKEN})
    given = change.format(entered.cookies[COOKIE])
    door.cookies.clear()
    headers = {b"x-namespace": b"support", b"cookie": f"{COOKIE}={given}".encode()}
    answer = await door.post("/decode", json={"payloads": []}, headers=headers)
    assert answer.status_code == 401


async def test_a_cookie_ends_after_its_time(door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await door.post("/", data={"token": TOKEN})
    headers = {"x-namespace": "support"}
    assert (await door.post("/decode", json={"payloads": []}, headers=headers)).status_code == 200
    monkeypatch.setattr("gateway.codec.time.time", lambda: 5e9)
    headers["cookie"] = f"{COOKIE}={door.cookies[COOKIE]}"
    assert (await door.post("/decode", json={"payloads": []}, headers=headers)).status_code == 401


async def test_it_is_described_to_nobody(door: httpx.AsyncClient) -> None:
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert (await door.get(path)).status_code == 404


# --- The process ----------------------------------------------------------------------------------


def test_the_token_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "gateway.token"
    token = read_token(path)
    assert len(token) >= 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_token(path) == token


@pytest.mark.parametrize("written_token", ["", "\n", "short"])
def test_a_token_that_could_be_guessed_is_refused_and_not_shown(tmp_path: Path, written_token: str) -> None:
    path = tmp_path / "token"
    path.write_text(written_token)
    with pytest.raises(SettingsError, match="needs 20") as refused:
        read_token(path)
    assert "short" not in str(refused.value)


def test_a_token_that_cannot_be_made_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="BATON_GATEWAY_TOKEN_FILE"):
        read_token(tmp_path / "file" / "token")


async def mounted(tmp_path: Path, **settings: Any) -> httpx.AsyncClient:
    chosen = load_settings(data_dir=tmp_path, **settings)
    app = server_for(chosen).config.app
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk.example.org")  # type: ignore[arg-type]


async def test_without_keys_the_gateway_has_no_codec_server(tmp_path: Path) -> None:
    async with await mounted(tmp_path) as gateway:
        assert (await gateway.get("/codec/")).status_code == 404
        assert (await gateway.post("/codec/decode", json={"payloads": []})).status_code == 404
        assert (await gateway.get("/healthz")).status_code == 200


async def test_under_its_path_in_the_gateway_one_signs_in_and_out(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(key_line("k", new_key()))
    async with await mounted(tmp_path, encryption_keys_file=tmp_path / "keys") as gateway:
        assert (await gateway.get("/codec")).headers["location"] == "/codec/"
        token = (tmp_path / "gateway.token").read_text().strip()
        entered = await gateway.post("/codec/", data={"token": token})
        assert (entered.status_code, entered.headers["location"]) == (303, "/codec/")
        assert "Path=/codec/;" in entered.headers["set-cookie"]
        page = await gateway.get("/codec/")
        assert "<code>http://desk.example.org/codec</code>" in page.text
        asked_for = await gateway.post(
            "/codec/encode", json={"payloads": []}, headers={"x-namespace": "support"}
        )
        assert (asked_for.status_code, asked_for.json()) == (200, {"payloads": []})
        await gateway.post("/codec/sign-out")
        assert "You are signed in" not in (await gateway.get("/codec/")).text
