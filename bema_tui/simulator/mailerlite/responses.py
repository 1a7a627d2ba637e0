"""The responses of MailerLite's API, in the forms in which they were recorded."""

from __future__ import annotations

import json
from typing import Any

import attrs

INVALID = "The given data was invalid."


@attrs.frozen
class ApiResponse:
    """The response to one call."""

    status: int
    """The HTTP status."""
    body: Any = None
    """What is sent as JSON; None: an empty body."""
    pretty: bool = False
    """Whether the JSON has four spaces, as exceptions have; else it is compact."""

    def text(self) -> str:
        if self.body is None:
            return ""
        dumped = json.dumps(self.body, indent=4) if self.pretty else json.dumps(self.body, separators=(",", ":"))
        return dumped.replace("/", "\\/")


def error_response(status: int, message: str) -> ApiResponse:
    return ApiResponse(status, {"message": message}, pretty=True)


def validation_error(errors: dict[str, list[str]], **extra: Any) -> ApiResponse:
    """Returns a 422 with the older message that the documentation shows."""
    return ApiResponse(422, {"message": INVALID, "errors": errors, **extra})


def model_not_found(model: str, number: str = "") -> ApiResponse:
    """Returns Laravel's 404; for subscribers, the message ends with a dot and has no id."""
    ending = f" {number}" if number else "."
    return error_response(404, f"No query results for model [App\\Models\\{model}]{ending}")


def subscriber_not_found() -> ApiResponse:
    return model_not_found("Subscriber\\Subscriber")


def route_not_found(path: str) -> ApiResponse:
    return error_response(404, f"The route api/{path.strip('/')} could not be found.")


def too_many_requests(message: str) -> ApiResponse:
    return error_response(429, message)
