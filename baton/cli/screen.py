"""How commands write to the terminal: control characters in what people wrote are shown as �.

Progress uses ``baton.cli.console``, which is slower to import. Nothing else in this package
writes to the terminal: a test checks that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from baton.errors import BatonError
from baton.signs import escaped, visible


def echo(text: str = "", *, err: bool = False, nl: bool = True, bold: bool = False) -> None:
    """Write lines; bold ones only to a terminal."""
    click.secho(visible(text), err=err, nl=nl, bold=bold or None)


def echo_json(document: Any) -> None:
    """Write one JSON document. Such characters are escaped in it, so a program reads them unchanged."""
    echo(escaped(json.dumps(document, ensure_ascii=False, indent=2)))


class _Failed(click.ClickException):
    """The end of a command that failed: one sentence, in the form that is said then."""

    def __init__(self, message: str, form: str) -> None:
        super().__init__(message)
        self._form = form

    def show(self, file: IO[Any] | None = None) -> None:
        """See base class."""
        click.echo(self._form.format(why=self.format_message()), file=file, err=file is None)


class _Visible(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def guard_warnings() -> None:
    """Print the warnings of libraries in the same way if no log is set up."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Visible())


@contextmanager
def errors_shown() -> Iterator[None]:
    """Turn Baton's errors into those of a command, without a traceback or control characters."""
    try:
        yield
    except BatonError as error:
        # Here, because most commands end well.
        from baton.cli.language import say, spoken
        from baton.phrases.refusals import refusal

        raise _Failed(visible(refusal(str(error), spoken())), say("Error: {why}")) from error
    except click.ClickException as error:
        error.message = visible(error.message)  # type: ignore[misc]  # only the error knows how it is shown
        if isinstance(error, click.FileError):
            error.ui_filename = visible(error.ui_filename)  # type: ignore[misc]
        raise
