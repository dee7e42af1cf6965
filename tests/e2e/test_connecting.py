"""What a program is told when it cannot reach Temporal: what is wrong and what to do, in plain words."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.errors import BatonError, ConnectionFailed, SettingsError
from local.machine import free_port

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

INNER = ("tonic", "Error(", "Status {", "Os {", "h2 ", "kind:", "errno")
"""What the SDK's libraries say to each other."""
TAKEN = {"kind": "taken", "id": "t-1", "author": {"type": "staff", "id": "ivan"}}


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what a test sets."""
    for name in os.environ:
        if name.startswith(("TEMPORAL_", "BATON_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)


@pytest.fixture
def address(server: WorkflowEnvironment) -> str:
    return server.client.service_client.config.target_host


async def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> BatonError:
    """The error with this configuration, checked for being readable."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises((ConnectionFailed, SettingsError)) as raised:
        async with BatonClient.connect() as baton:
            await baton.chat("web", "1").send(TAKEN)
    said = str(raised.value)
    assert not [word for word in INNER if word in said], said
    assert "?." not in said
    return raised.value


@asynccontextmanager
async def listening(answering: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of a server that is not Temporal."""
    listener = await asyncio.start_server(answering, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def serves_pages(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


def tls_for(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate for ``name``, and the certificate of whoever signed it."""
    now = datetime.now(UTC)

    def subject(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def builder(whose: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject(whose))
            .issuer_name(subject("signer"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    signer, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = x509.BasicConstraints(ca=True, path_length=None)
    signed_by = (
        builder("signer", signer).add_extension(authority, critical=True).sign(signer, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    certificate = builder(name, own).add_extension(names, critical=False).sign(signer, hashes.SHA256())
    pem = serialization.Encoding.PEM
    signer_file, certificate_file, key_file = (folder / one for one in ("signer.pem", "own.pem", "own.key"))
    signer_file.write_bytes(signed_by.public_bytes(pem))
    certificate_file.write_bytes(certificate.public_bytes(pem))
    key_file.write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    context.set_alpn_protocols(["h2"])
    return context, signer_file


async def test_nothing_listens_there(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    error = await refused(monkeypatch, TEMPORAL_ADDRESS=f"127.0.0.1:{port}")
    assert str(error) == (
        f"Temporal cannot be reached at 127.0.0.1:{port} (namespace default): nothing listens there: it is "
        "not running ('make up' starts it), or has another port. The address is set by TEMPORAL_ADDRESS."
    )


async def test_there_is_no_such_namespace(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = await refused(monkeypatch, TEMPORAL_ADDRESS=address, TEMPORAL_NAMESPACE="suport")
    assert str(error) == "Temporal has no namespace 'suport'. The namespace is set by TEMPORAL_NAMESPACE."


async def test_there_is_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    error = await refused(monkeypatch, TEMPORAL_ADDRESS="temporal.invalid:7233")
    assert "at temporal.invalid:7233 (namespace default): there is no host of this name." in str(error)


@pytest.mark.parametrize("why", ["TEMPORAL_TLS", "TEMPORAL_API_KEY"])
async def test_tls_against_a_server_without(address: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = await refused(monkeypatch, **{"TEMPORAL_ADDRESS": address, why: "true"})
    assert "it is called with TLS, but does not speak it" in str(error)


async def test_a_server_with_tls_called_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, _ = tls_for("localhost", tmp_path)
    async with listening(closes, context) as at:
        error = await refused(monkeypatch, TEMPORAL_ADDRESS=at)
    assert "called without the TLS that it wants (TEMPORAL_TLS=true)" in str(error)


async def test_a_certificate_that_nobody_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, _ = tls_for("localhost", tmp_path)
    async with listening(closes, context) as at:
        error = await refused(monkeypatch, TEMPORAL_ADDRESS=at, TEMPORAL_TLS="true")
    assert "its TLS certificate is not trusted; TEMPORAL_TLS_SERVER_CA_CERT_PATH" in str(error)


async def test_a_certificate_for_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, signer = tls_for("elsewhere.example.org", tmp_path)
    async with listening(closes, context) as at:
        error = await refused(
            monkeypatch,
            TEMPORAL_ADDRESS=at.replace("127.0.0.1", "localhost"),
            TEMPORAL_TLS_SERVER_CA_CERT_PATH=str(signer),
        )
    assert "its TLS certificate is for another name; TEMPORAL_TLS_SERVER_NAME" in str(error)


async def test_the_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(closes) as at:
        error = await refused(monkeypatch, TEMPORAL_ADDRESS=at)
    assert f"at {at} (namespace default): it closed the connection" in str(error)


async def test_the_port_of_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(serves_pages) as at:
        error = await refused(monkeypatch, TEMPORAL_ADDRESS=at)
    assert "what answers there is not Temporal, but perhaps its Web UI" in str(error)


@pytest.mark.parametrize("written", ["support desk", "http://127.0.0.1:7233", "127.0.0.1", "[::1]", ":7233"])
async def test_what_is_no_address(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = await refused(monkeypatch, TEMPORAL_ADDRESS=written)
    assert str(error) == (
        f"TEMPORAL_ADDRESS is {written!r}: an address is a host and a port, such as localhost:7233."
    )


async def test_a_certificate_file_that_is_not_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CERT", "KEY"):
        monkeypatch.setenv(f"TEMPORAL_TLS_CLIENT_{name}_PATH", "/there/is/none.pem")
    with pytest.raises(SettingsError, match=r"Temporal's configuration .*No such file .*/there/is/none\.pem"):
        await BatonClient.connect()
