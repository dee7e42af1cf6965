"""The JSON Schema of the rule language, for editors. Generated from the models, the same every time."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from baton.rules.language import RuleFile


class _Generator(GenerateJsonSchema):
    """Without noise for an editor: titles made from names, and defaults that say nothing."""

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
        return {"$schema": self.schema_dialect, **made, "title": "Rules of Baton"}


def rules_schema() -> dict[str, Any]:
    """The schema as plain data."""
    return RuleFile.model_json_schema(schema_generator=_Generator)


def rules_schema_text() -> str:
    """The schema as it is written into a file."""
    return json.dumps(rules_schema(), indent=2, ensure_ascii=False) + "\n"
