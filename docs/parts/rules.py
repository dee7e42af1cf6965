"""Rule files: their lists, their keys, and what a rule can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from baton.rules.schema import rules_schema
from docs.parts.markdown import code, filled, table


def rule_lists() -> str:
    properties = rules_schema()["properties"]
    rows = ([f"`{name}`", properties[name]["description"]] for name in ("incoming", "changed", "timed"))
    return table(["list", "when it is asked"], rows)


def rule_keys() -> str:
    properties = rules_schema()["$defs"]["EventRule"]["properties"]
    required = rules_schema()["$defs"]["EventRule"]["required"]
    order = ["id", "name", "cases", "when", "then", "stop", "retrigger", "enabled"]
    assert sorted(order) == sorted(properties)
    rows = []
    for name in order:
        default = str(properties[name].get("default", "")).lower()
        without = "must be there" if name in required else default or "always"
        rows.append([f"`{name}`", without, properties[name]["description"]])
    return table(["key", "if left out", "meaning"], rows)


def rule_actions() -> str:
    schema = rules_schema()["$defs"]
    rows = []
    for reference in schema["EventRule"]["properties"]["then"]["items"]["oneOf"]:
        ((name, said),) = schema[reference["$ref"].rpartition("/")[2]]["properties"].items()
        forms = list(_forms(said, schema))
        for position, (form, whom) in enumerate(forms):
            what = said["description"] if position == 0 else ""
            rows.append([f"`{name}: {form}`", f"{what} {whom if len(forms) > 1 else ''}".strip()])
    people = schema["ToField"]["properties"]["to"]["enum"]
    where = filled(f"FIELD is one of {code(*people)}.")
    return table(["action", "what it does"], rows) + "\n\n" + where


def _forms(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How a value may be written, in short, and what its first field means."""
    if "$ref" in schema:
        yield from _forms(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "oneOf" in schema:
        for option in schema["oneOf"]:
            yield from _forms(option, definitions)
    elif schema.get("type") == "object":
        fields = schema["properties"].items()
        first = next(said.get("description", "") for _, said in fields)
        written = ", ".join(f"{name}: {_value(name, said, definitions)}" for name, said in fields)
        yield "{" + written + "}", first.partition(". ")[0].removesuffix(".") + "."
    else:
        yield _value("", schema, definitions), ""


def _value(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if name == "to":
        return "FIELD"
    if name == "else":
        return "…"
    if "anyOf" in schema:
        schema = next(option for option in schema["anyOf"] if option.get("type") != "null")
    if "$ref" in schema:
        return next(_forms(schema, definitions))[0]
    if "enum" in schema:
        return " / ".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"]).lower()
    kind = {"staff": "ID", "line": "ID", "text": "TEXT"}.get(name, "TEXT")
    return f"[{'ID' if name == 'staff' else 'LABEL'}, …]" if schema.get("type") == "array" else kind
