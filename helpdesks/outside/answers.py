"""An answer of a desk, read as what it should be."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from baton.errors import HelpDeskUnavailable
from baton.wording import mistakes_in

ModelT = TypeVar("ModelT", bound=BaseModel)


def read_as(model: type[ModelT], data: Any, what: str) -> ModelT:
    """Data of an answer as a model. Raises ``HelpDeskUnavailable`` if it is something else."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise HelpDeskUnavailable(
            f"the help desk's answer is not {what}: {mistakes_in(error, what)}"
        ) from None
