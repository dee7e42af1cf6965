"""The hot path: what a message and a handoff cost beside the least that they must cost, process by process.

Every worker and every group of clients is a process of its own. All that is compared is measured in the same
rounds, in turn; a share is the median of the rounds' shares, so that other load on the machine affects both.
"""

from __future__ import annotations

from lab.bench.hot.command import main

__all__ = ["main"]
