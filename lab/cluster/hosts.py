"""Who is in the cluster: Temporal's processes and their ports, and Baton's workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from baton.settings import CHECKOUT

DEPLOYED = CHECKOUT / "deploy/temporal"
FIRST_PORT = 17200
"""Below the system's ports for outgoing connections, so that a restarted process finds its own port free."""


@dataclass(frozen=True)
class Host:
    """One process of Temporal.

    Args:
        service: as Temporal calls it.
        port: the first of the three on which it listens: calls, membership, HTTP.
    """

    name: str
    service: str
    port: int


def hosts(first_port: int = FIRST_PORT) -> Sequence[Host]:
    """The hosts of the cluster, in the order in which they are started."""
    services = {
        "history-1": "history",
        "history-2": "history",
        "matching": "matching",
        "frontend-1": "frontend",
        "frontend-2": "frontend",
        # Temporal's own workflows. Compose calls it so, too: "worker" is Baton's.
        "system": "worker",
    }
    return [
        Host(name, service, first_port + 10 * position)
        for position, (name, service) in enumerate(services.items(), start=1)
    ]


BATON_WORKERS = ("worker-1", "worker-2")


def variables(path: Path) -> dict[str, str]:
    """The variables that an environment file sets."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}
