"""The JSON Schema of what people write, for editors. Generated from the models, the same every time."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from baton.rules.language import RuleFile


class _Generator(GenerateJsonSchema):
    """Leaves out what is noise in an editor: titles made from names, and defaults that say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ()) in (None, ()):
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def generate(self, schema: Any, mode: Any = "validation") -> JsonSchemaValue:
        made = super().generate(schema, mode)
        for definition in made.get("$defs", {}).values():
            definition.pop("title", None)
        return {"$schema": self.schema_dialect, **made}


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The schema of a document, as plain data."""
    return {**model.model_json_schema(schema_generator=_Generator), "title": title}


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as it is written into a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def rules_schema() -> dict[str, Any]:
    """The schema of rule files, as plain data."""
    return schema_of(RuleFile, "Rules of Baton")


def rules_schema_text() -> str:
    """The schema of rule files, as it is written into a file."""
    return schema_text(rules_schema())
