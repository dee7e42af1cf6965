"""The calls that programs make without a workflow: which there are, and how their argument is read.

Temporal converts the argument of an activity before it calls it. What it cannot convert is an error that it
tries again without end, and so is a wrong number of arguments. So all calls come in by one dynamic activity,
which gets arguments as they were sent, and refuses for good what it cannot use.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from pydantic import ValidationError
from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.refusing import refusing
from baton.contract import Payload
from baton.errors import InvalidEvent, NoKeys, UnknownKey, Unreadable
from baton.temporal.payloads import encoding_of, strictly
from baton.wording import mistakes_in

_NAME = "answers_call"

MethodT = TypeVar("MethodT", bound=Callable[..., Awaitable[Any]])


def call(name: str) -> Callable[[MethodT], MethodT]:
    """Marks a method as the answer to this call. It takes one question, a ``Payload``, or nothing."""

    def marked(method: MethodT) -> MethodT:
        setattr(method, _NAME, name)
        return method

    return marked


@dataclass(frozen=True)
class _Call:
    name: str
    answer: Callable[..., Awaitable[Any]]
    question: type[Payload] | None

    def read(self, arguments: Sequence[RawValue]) -> list[Payload]:
        """The arguments of the method. Raises ``InvalidEvent``, or ``UnknownKey`` if another worker may know
        the key."""
        question = self.question
        if question is None:
            if arguments:
                raise InvalidEvent(f"{self.name} takes no argument, and there are {len(arguments)}")
            return []
        wanted = f"{self.name} takes one argument, an object with {', '.join(question.model_fields)}"
        if len(arguments) > 1:
            raise InvalidEvent(f"there are {len(arguments)} arguments: {wanted}")
        try:
            return [question.model_validate(_value(arguments[0], wanted) if arguments else {})]
        except ValidationError as error:
            raise InvalidEvent(f"{self.name}: {mistakes_in(error, 'argument', most=3)}") from None


class Calls:
    """The calls that the methods of these objects answer, as one activity."""

    def __init__(self, *answering: object) -> None:
        methods = [method for one in answering for _, method in inspect.getmembers(one, inspect.ismethod)]
        named = {getattr(method, _NAME): method for method in methods if hasattr(method, _NAME)}
        self._calls = {name: _Call(name, method, _question_of(method)) for name, method in named.items()}

    @activity.defn(dynamic=True)
    async def answer(self, arguments: Sequence[RawValue]) -> Any:
        """Answer a call, by its name."""
        name = activity.info().activity_type
        if name not in self._calls:
            # Tried again: a worker of another release may know it.
            raise ApplicationError(f"this worker knows no activity {name!r}", type="NotFoundError")
        called = self._calls[name]
        with refusing():
            given = called.read(arguments)
        return await called.answer(*given)


def _question_of(method: Callable[..., object]) -> type[Payload] | None:
    hints = get_type_hints(method)
    names = list(inspect.signature(method).parameters)
    return hints[names[0]] if names else None


def _value(argument: RawValue, wanted: str) -> object:
    try:
        return strictly(activity.payload_converter(), argument.payload)
    except NoKeys as error:
        raise InvalidEvent(str(error)) from None
    except UnknownKey:
        raise
    except Unreadable as error:
        raise InvalidEvent(str(error)) from None
    except Exception:  # whatever a converter raises about bytes that we did not write
        encoding = encoding_of(argument.payload)
        raise InvalidEvent(
            f"the argument, in the encoding {encoding!r}, cannot be decoded: {wanted}"
        ) from None
