"""Metrics, as Prometheus fetches them."""

from __future__ import annotations

import re
import socket

import httpx


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Scraped(dict[str, list[tuple[dict[str, str], float]]]):
    """What a scrape showed: labels and values, by the name of the series."""

    def sum(self, name: str, **labels: str) -> float:
        """The sum of all series of this name that have these labels, and perhaps others."""
        return sum(value for found, value in self.get(name, []) if labels.items() <= found.items())

    def labels(self, name: str) -> set[str]:
        return {label for found, _ in self.get(name, []) for label in found}


def read_metrics(text: str) -> Scraped:
    """The text format of Prometheus."""
    scraped = Scraped()
    for line in text.splitlines():
        found = re.fullmatch(r"([\w:]+)(?:\{(.*)\})? (\S+)", line)
        if found:
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""))
            scraped.setdefault(found[1], []).append((labels, float(found[3])))
    return scraped


async def scrape(address: str) -> Scraped:
    """What is served at a host and port."""
    async with httpx.AsyncClient(timeout=None) as http:
        return read_metrics((await http.get(f"http://{address}/metrics")).raise_for_status().text)
