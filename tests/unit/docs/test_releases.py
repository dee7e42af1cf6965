"""The guide on releases shows the code of its example, and the output of replaying it."""

from __future__ import annotations

import re

from baton.settings import CHECKOUT
from docs.examples.safechange import FITS, VERSIONS
from replaygate.result import HistoryVerdict
from tests.unit.docs.test_docs import blocks, read

GUIDE = read("docs/releases.md")
EXAMPLE = (CHECKOUT / "docs/examples/safechange.py").read_text(encoding="utf-8")


def test_the_guide_shows_each_version_of_the_example_as_it_is() -> None:
    shown = [block.text for block in blocks(GUIDE, "py")]
    written = re.findall(r"^@workflow\.defn.*?(?=\n\n\n)", EXAMPLE, re.DOTALL | re.MULTILINE)
    assert len(written) == len(VERSIONS)
    assert shown == written


def test_the_guide_says_which_version_fits_which_histories() -> None:
    """A test on the real server expects the same."""
    rows = re.findall(r"^\| (\w+) \|((?: (?:fits|breaks) \|)+)$", GUIDE, re.MULTILINE)
    said = {
        name: {
            str(code) for code, how in zip(VERSIONS, re.findall(r"\w+", row), strict=True) if how == "fits"
        }
        for name, row in rows
    }
    assert said == {
        version.__name__.lower(): {str(code) for code in codes} for version, codes in FITS.items()
    }


def test_the_guide_has_each_verdict_that_does_not_pass() -> None:
    rows = re.findall(r"^\| (\w+) \| .* \| ([01].*) \|$", GUIDE, re.MULTILINE)
    assert {verdict for verdict, _ in rows} == {*HistoryVerdict, "different"} - {HistoryVerdict.REPLAYED}
