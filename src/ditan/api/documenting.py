"""What the API is, as OpenAPI 3.1: made from the routes themselves, committed, and checked by a test."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

from ditan.api.app import DEPENDENCIES, routes
from ditan.api.routing import operation_name
from ditan.api.system.events import EventCall
from ditan.rewards.receiving import Message

_VERSION: Final = "1"
_DESCRIPTION: Final = """\
The personal carbon account of a bank: what the customer's page asks, and what the bank's systems send.

Carbon (减排量, milligrams) and energy (绿色能量, points) stand side by side and never mix. Every write needs an
`Idempotency-Key`: the same request under the same key is done once and answered alike, forever. What cannot be done is
answered as problem details (RFC 9457) in the language of `Accept-Language`, Chinese when it names none.
"""


def document() -> dict[str, Any]:
    """Give the OpenAPI document."""
    app = Litestar(
        route_handlers=[routes()],
        dependencies=DEPENDENCIES,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Ditan 低碳",
            version=_VERSION,
            description=_DESCRIPTION,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
            ),
            use_handler_docstrings=True,
            operation_id_creator=_operation_id,
        ),
    )
    made: dict[str, Any] = app.openapi_schema.to_schema()
    _describe_events(made)
    _describe_webhooks(made)
    _describe_files(made)
    return made


def _describe_webhooks(made: dict[str, Any]) -> None:
    """Say what the body of a webhook is: its bytes are signed, and so it is not read by the framework."""
    (body,), parts = msgspec.json.schema_components([Message], ref_template="#/components/schemas/{name}")
    made["components"]["schemas"] |= parts
    made["paths"]["/v1/partner/{partner}/webhooks"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": body}},
    }


def _describe_events(made: dict[str, Any]) -> None:
    """Say what the body of a call with events is: it is read event by event, and so not by the framework."""
    (body,), parts = msgspec.json.schema_components([EventCall], ref_template="#/components/schemas/{name}")
    made["components"]["schemas"] |= parts
    made["paths"]["/v1/events"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": body}},
    }


def _describe_files(made: dict[str, Any]) -> None:
    """Say what the body of a file is: it goes to the disk piece by piece, and so is not read by the framework."""
    made["paths"]["/v1/console/feeds/files"]["post"]["requestBody"] = {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }


def _operation_id(_handler: HTTPRouteHandler, method: Method, path: list[str | PathParameterDefinition]) -> str:
    return operation_name(HttpMethod(method).value, path)


def page() -> str:
    """Give the document as the file that is committed."""
    return json.dumps(document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
