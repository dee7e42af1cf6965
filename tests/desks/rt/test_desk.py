"""What is written to a real RT and shown of it: nobody, closed, merged; and a certificate of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from baton.contract import MergedInto, Status
from baton.errors import HelpDeskUnavailable, SettingsError
from baton.settings import HOST
from helpdesks.outside.adapter import Saying
from helpdesks.rt.desk import RtDesk
from local.rt import BATON, password
from tests.desks.rt.site import Site, mapping_of


@pytest.fixture
async def desk(site: Site) -> AsyncIterator[RtDesk]:
    opened = site.desk()
    yield opened
    await opened.aclose()


async def test_a_ticket_becomes_nobodys_and_is_closed(site: Site, desk: RtDesk) -> None:
    ticket = await site.ticket()
    await desk.change(ticket, {"assignee": "lena", "line": "line-2"}, "key")
    is_now = (await desk.show(ticket)).is_now
    assert (is_now["assignee"], is_now["line"]) == ("lena", "line-2")
    await desk.change(ticket, {"assignee": None, "line": None, "status": Status.CLOSED}, "key")
    assert (await desk.show(ticket)).is_now == {
        "assignee": None,
        "line": None,
        "status": Status.CLOSED,
        "labels": frozenset(),
    }
    assert (await site.shows(ticket))["status"] == "resolved"


async def test_a_merged_ticket_says_into_which_and_keeps_what_was_said(site: Site, desk: RtDesk) -> None:
    duplicate, ticket = await site.ticket(), await site.ticket()
    cursor = (await desk.changes(None, 100)).cursor
    await desk.say(duplicate, Saying("Look at this", to_customer=False), "c-1:e-1:note")
    await site.change("ivan", duplicate, MergeInto=int(ticket))
    assert (await desk.show(duplicate)).merged_into == ticket
    assert await desk.has_said(duplicate, "c-1:e-1:note")
    events = [one.event for one in (await desk.changes(cursor, 100)).heard if one.event is not None]
    merged = [one for one in events if isinstance(one, MergedInto)]
    assert [(one.author.id, one.case) for one in merged] == [("ivan", f"ticket:{ticket}")]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rt.example.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, SHA256())
    )
    files = folder / "rt.pem", folder / "rt.key"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


async def test_a_certificate_of_its_own_is_trusted_only_if_it_is_named(site: Site, tmp_path: Path) -> None:
    file, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to_it = await asyncio.open_connection(HOST, site.rt.port)
        await asyncio.gather(pass_on(reader, to_it), pass_on(behind, writer))

    ticket = await site.ticket()
    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    url = f"https://{HOST}:{server.sockets[0].getsockname()[1]}"
    trusting = RtDesk(mapping_of(url, ca_file=file), password(BATON))
    assert (await trusting.show(ticket)).is_now["status"] is Status.OPEN
    await trusting.aclose()
    stranger = RtDesk(mapping_of(url), password(BATON))
    with pytest.raises(HelpDeskUnavailable, match="self-signed certificate"):
        await stranger.show(ticket)
    await stranger.aclose()
    server.close()


def test_a_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rt.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match=r"rt\.pem has no certificate that can be used"):
        RtDesk(mapping_of("https://rt.example.com", ca_file=tmp_path / "rt.pem"), "x")
