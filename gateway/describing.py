"""The description of the API, OpenAPI 3.1, made from its routes."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.problems import Problem

_ABOUT = """Send events to chats and tickets, and read what became of them.

Every call needs an API key, made by `baton api-key new`, in the header `Authorization: Bearer KEY`. Errors
are problem details (RFC 9457). Times are in UTC. What stands in a path is percent-encoded: a slash is
`%2F`."""


def described(app: FastAPI) -> dict[str, Any]:
    """The description, made once for each app."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title="Baton",
            version=version("baton-desk"),
            openapi_version="3.1.0",
            description=_ABOUT,
            routes=app.routes,
        )
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})
        components["schemas"] |= _with_parts(
            Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        )
        components["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"},
            "hook": {"type": "http", "scheme": "bearer", "description": "The secret of the hooks."},
        }
        # FastAPI's own form of a validation error, which no route here sends.
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        app.openapi_schema = schema
    return app.openapi_schema


def _with_parts(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.pop("$defs", {})
    return {**parts, schema["title"]: schema}
