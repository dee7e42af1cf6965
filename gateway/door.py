"""What every route stands behind: who may come in, how much they may send, and how long they wait."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.access import Gate
from gateway.backend import Backend
from gateway.metrics import Requests


@dataclass(frozen=True)
class Door:
    """One for an app, as ``app.state.door``."""

    backend: Backend
    gate: Gate
    requests: Requests
    body_bytes: int
    answer_seconds: float
