"""The gateway as a process.

    python -m gateway

It prints ``gateway ready`` and its address once it serves, and stops on SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path
from types import FrameType

import uvicorn
from uvloop import new_event_loop

from baton.errors import BatonError, SettingsError
from baton.files import private, private_folder
from baton.settings import Settings, load_settings
from baton.signs import visible
from baton.temporal.keys import KeyRing
from baton.temporal.logs import set_up_logging
from baton.temporal.process import tell
from baton.temporal.telemetry import runtime_for
from gateway.app import gateway_app
from gateway.backend import Backend
from gateway.codec import codec_app
from gateway.protocol import BODY_SECONDS, HEADER_SECONDS, bounded

READY = "gateway ready"
SHORTEST_TOKEN = 20


class _Server(uvicorn.Server):
    """Prints a line when it is ready, and exits with 0 when a signal stops it."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets=sockets)  # type: ignore[arg-type]
        if self.started:
            tell(f"{READY}: http://{self.config.host}:{self.config.port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True


def read_token(path: Path) -> str:
    """The token in a file. A missing file is made, readable only by its owner.

    Raises ``SettingsError`` if it cannot be read or made, or is short enough to guess.
    """
    try:
        if not path.exists():
            private_folder(path.parent)
            _make_token(path)
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"the token of the codec server, {path}, can neither be read nor made: {error}. The file is set "
            "by BATON_GATEWAY_TOKEN_FILE."
        ) from error
    if len(token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"the token in {path} has {len(token)} characters and needs {SHORTEST_TOKEN}. Remove the file, "
            "and a new one is made."
        )
    return token


def _make_token(path: Path) -> None:
    with open(path, "x", encoding="utf-8", opener=private) as file:
        try:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
        except OSError:  # half a token would be refused at the next start
            path.unlink()
            raise


def server_for(
    settings: Settings,
    *,
    backend: Backend | None = None,
    header_seconds: float = HEADER_SECONDS,
    body_seconds: float = BODY_SECONDS,
) -> uvicorn.Server:
    """The server that the settings describe, with the codec server if there are keys.

    Args:
        backend: what it stands on, if it is not to connect by itself.
        header_seconds: see `gateway.protocol`, as for ``body_seconds``.

    Raises ``SettingsError``.
    """
    codec = None
    if settings.encryption_keys_file is not None:
        keys = KeyRing.read(settings.encryption_keys_file)
        codec = codec_app(keys, read_token(settings.gateway_token_file), settings.ui_origin)
    app = gateway_app(settings, backend or Backend(settings, runtime=runtime_for(settings)), codec)
    return _Server(
        uvicorn.Config(
            app,
            host=settings.gateway_host,
            port=settings.gateway_port,
            log_config=None,
            http=bounded(header_seconds, body_seconds, settings.gateway_connections),
            ws="none",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )


def main() -> int:
    """Serve until a signal comes. Returns the exit code."""
    try:
        settings = load_settings()
        set_up_logging(settings.log_level, settings.log_format)
        server = server_for(settings)
    except BatonError as error:
        print(visible(f"gateway: {error}"), file=sys.stderr, flush=True)
        return 1
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(server.serve())
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
