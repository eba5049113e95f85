"""The description of the JSON endpoints, made from the endpoints themselves (OpenAPI 3.1)."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from edge_node.web.endpoint import JSON, Endpoint, Fault

_REFERENCE = "#/components/schemas/{name}"


def description(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    answers = [one.answer for one in endpoints if one.answer is not None]
    types = [Fault, *answers, *(part for one in endpoints for part in one.parts)]
    _, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MQTT edge node", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if endpoint.answer is not None:
        schema = {"schema": msgspec.json.schema_components([endpoint.answer], ref_template=_REFERENCE)[0][0]}
    words = re.findall(r"\w+", f"{endpoint.method.lower()} {endpoint.path.removeprefix('/api')}")
    operation: dict[str, Any] = {
        "operationId": "_".join(words),
        "summary": endpoint.says,
        "parameters": _parameters(endpoint),
        "responses": {
            "200": {"description": endpoint.says, "content": {endpoint.media: schema}},
            "default": {
                "description": "Refused",
                "content": {JSON: {"schema": {"$ref": _REFERENCE.format(name=Fault.__name__)}}},
            },
        },
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {endpoint.body: {}}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([endpoint.query], ref_template=_REFERENCE)
    query = components[endpoint.query.__name__]
    in_path = set(re.findall(r"{(\w+)}", endpoint.path))
    return [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in query.get("required", ()),
            "schema": _inlined(schema, components),
        }
        for name, schema in query["properties"].items()
    ]


def _inlined(schema: Any, components: dict[str, Any]) -> Any:
    """Schemas of parameters stand where they are used."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(components[schema["$ref"].rpartition("/")[2]], components)
        return {key: _inlined(value, components) for key, value in schema.items()}
    return [_inlined(one, components) for one in schema] if isinstance(schema, list) else schema
