"""Baton's metrics."""

from __future__ import annotations

from baton.temporal.metrics import METRICS
from docs.parts.markdown import code, filled


def metrics() -> str:
    return "\n".join(
        filled(
            f"- `{one.exported}` – {one.kind}{', seconds' if one.buckets else ''}; "
            f"{f'by {code(*one.labels)}' if one.labels else 'no labels of its own'}.",
            "  ",
        )
        + "\n"
        + filled(f"  {one.help[0].upper()}{one.help[1:]}.", "  ")
        for one in METRICS.values()
    )
