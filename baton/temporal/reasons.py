"""Why a call did not reach Temporal, in words for whoever has to mend it.

The SDK says it in the words of its libraries: ``tonic::transport::Error(Transport, ConnectError(Custom {
kind: InvalidData, error: InvalidMessage(InvalidContentType) }))`` is a server without TLS.
"""

from __future__ import annotations

import re

_REASONS: tuple[tuple[str, str], ...] = (
    (
        "Connection ?[Rr]efused",
        "nothing listens there: it is not running ('make up' starts it), or has another port",
    ),
    ("dns error|failed to lookup address", "there is no host of this name"),
    ("(Network|Host|Net) ?(is )?[Uu]nreachable|No route to host", "the network does not lead there"),
    (
        "InvalidContentType",
        "it is called with TLS, but does not speak it. TLS is used because of TEMPORAL_TLS, of a "
        "certificate, or of TEMPORAL_API_KEY; TEMPORAL_TLS=false switches it off",
    ),
    (
        "NotValidForName",
        "its TLS certificate is for another name; TEMPORAL_TLS_SERVER_NAME says which one is expected",
    ),
    (
        "InvalidCertificate|UnknownIssuer",
        "its TLS certificate is not trusted; TEMPORAL_TLS_SERVER_CA_CERT_PATH names the certificate of "
        "whoever signed it",
    ),
    (
        "AlertReceived|HandshakeFailure",
        "it refuses the TLS connection, perhaps because it wants a certificate of this client "
        "(TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH)",
    ),
    (
        "code: (Unauthenticated|PermissionDenied)",
        "it does not let this caller in: see TEMPORAL_API_KEY and the client's certificate",
    ),
    (
        "http2 error|FRAME_SIZE_ERROR|GoAway|grpc-status header missing|code: Unimplemented",
        "what answers there is not Temporal, but perhaps its Web UI, which has another port",
    ),
    (
        "connection closed|[Bb]roken ?[Pp]ipe|Connection ?[Rr]eset|[Uu]nexpected ?[Ee]of|"
        "error reading a body|IncompleteMessage",
        "it closed the connection, as it does if it is called without the TLS that it wants "
        "(TEMPORAL_TLS=true), or is being stopped",
    ),
    ("[Tt]imeout expired|[Tt]imed ?[Oo]ut|deadline has elapsed", "it does not answer in time"),
)
"""What is in the SDK's message, and what it means. The first that fits counts."""


def reason(message: str) -> str:
    """What a message of the SDK means; the message itself where that is not known."""
    return next((meaning for sign, meaning in _REASONS if re.search(sign, message)), message)
