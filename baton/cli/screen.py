"""The way from the commands to the terminal: what people wrote comes out as � where it would steer it.

Tables and progress go by ``baton.cli.console``, which is slower to import. Nothing else in this package
writes: a test sees to that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from baton.errors import BatonError
from baton.signs import escaped, visible


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Write lines."""
    click.echo(visible(text), err=err, nl=nl)


def echo_json(document: Any) -> None:
    """Write one JSON document, in which such signs are escaped, so that a program reads them as they are."""
    echo(escaped(json.dumps(document, ensure_ascii=False, indent=2)))


class _Visible(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def guard_warnings() -> None:
    """Let what a library warns of, where no log is set up, pass the same way."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Visible())


@contextmanager
def errors_shown() -> Iterator[None]:
    """Turn Baton's errors into those of a command, without a traceback. No error steers the terminal."""
    try:
        yield
    except BatonError as error:
        raise click.ClickException(visible(str(error))) from error
    except click.ClickException as error:
        error.message = visible(error.message)  # type: ignore[misc]  # the only one that knows how it is shown
        if isinstance(error, click.FileError):
            error.ui_filename = visible(error.ui_filename)  # type: ignore[misc]
        raise
