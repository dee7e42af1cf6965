#!/usr/bin/env bash
# pydantic: PydanticCustomError takes a template like those of str.format, and fills in only bare names.
#
# Guess: "{name!r}", "{size:>5}" and "{{" in its message mean what they mean in str.format, or are refused.
# What happens: no error, neither where it is raised nor where it is shown. Whoever wrote the document reads
# the template: "the status {name!r} is named twice". "{{name}}", which is for braces, is filled in between one
# pair of them.
# Versions: pydantic 2.14.3.
# For whoever builds on it: only bare {name} in the template; convert in the context, {"name": repr(name)}.
# Seen:
#   pydantic 2.14.3
#   {name}: a b is twice
#   {name!r}: {name!r} is twice
#   {name:>5}: {name:>5} is twice
#   {{name}}: {a b} is twice
#   a tuple: ('a', 'b')
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages pydantic==2.14.3
play <<'PY'
from lib import same
from pydantic import BaseModel, ValidationError, field_validator
from pydantic_core import PydanticCustomError


def told(template, **context):
    class Document(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def refuse(cls, name):
            raise PydanticCustomError("refused", template, {"name": name, **context})

    try:
        Document(name="a b")
    except ValidationError as error:
        return error.errors()[0]["msg"]


same("{name}", told("{name} is twice"), "a b is twice")
same("{name!r}", told("{name!r} is twice"), "{name!r} is twice")
same("{name:>5}", told("{name:>5} is twice"), "{name:>5} is twice")
same("{{name}}", told("{{name}} is twice"), "{a b} is twice")
same("a tuple", told("{all}", all=("a", "b")), "('a', 'b')")
PY
