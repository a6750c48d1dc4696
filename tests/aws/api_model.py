"""Lambda's API as botocore's model has it: which operation a request asks for, and what members may hold. (Reads the
model.)"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import botocore.loaders
import botocore.model

TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "blob": bytes,
    "boolean": bool,
    "double": (int, float),
    "float": (int, float),
    "integer": int,
    "list": list,
    "long": int,
    "map": dict,
    "string": str,
    "structure": dict,
}
RUNTIME: Final = r"python3\.\d+|nodejs\d+\.x|java\d+|dotnet\d+|ruby3\.\d+|provided\.al20\d\d"
"""Instead of the model's list, which in an old botocore does not know the newest."""


class AwsError(Exception):
    """An answer of Lambda that is an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message: str) -> AwsError:
    """The error for a parameter that Lambda itself refuses."""
    return AwsError(400, "InvalidParameterValueException", message)


def missing(message: str = "The resource you requested does not exist.") -> AwsError:
    """The error for what is not there."""
    return AwsError(404, "ResourceNotFoundException", message)


def error_body(status: int, code: str, message: str) -> bytes:
    """The JSON of an error, with the message under the name that its shape has."""
    name = "Message" if code in service().shape_names and "Message" in service().shape_for(code).members else "message"
    return json.dumps({"Type": "User" if status < 500 else "Service", name: message}).encode()


@functools.cache
def service() -> Any:
    """The model of Lambda in the installed botocore."""
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("lambda", "service-2"), "lambda")


@functools.cache
def _routes() -> list[tuple[str, re.Pattern[str], str, str]]:
    routes = []
    for name in service().operation_names:
        http = service().operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path.rstrip("/")))
        routes.append((http["method"], re.compile(pattern), query, name))
    return sorted(routes, key=lambda route: not route[2])  # those that want something of the query come first


def route(method: str, path: str, query: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The operation that is asked for, and its members in the path."""
    for wanted, pattern, constant, name in _routes():
        found = pattern.fullmatch(path.rstrip("/")) if method == wanted else None
        if found and (not constant or constant.partition("=")[::2] in query.items()):
            return name, {member: unquote(value) for member, value in found.groupdict().items()}
    return None


def parameters(operation: str, in_path: Mapping[str, str], query: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The members of a request; :class:`AwsError` where they are not what the model wants."""
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise AwsError(400, "SerializationException", "Could not parse request body into json")
    shape, given = service().operation_model(operation).input_shape, dict[str, Any]()
    for name, member in shape.members.items():
        place = member.serialization.get("location", "body")
        source = {"uri": in_path, "querystring": query, "body": content}.get(place, {})
        wire_name = member.serialization.get("name", name)
        if wire_name in source:
            given[name] = _decoded(member, source[wire_name])
    if found := list(violations(shape, given)):
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise AwsError(400, "ValidationException", count + "; ".join(found))
    return given


def _decoded(shape: Any, value: Any) -> Any:
    match shape.type_name, value:
        case "blob", str():
            try:
                return base64.b64decode(value, validate=True)
            except binascii.Error:
                raise AwsError(400, "SerializationException", "Unable to decode base64") from None
        case "structure", dict():
            return {name: _decoded(shape.members[name], part) for name, part in value.items() if name in shape.members}
        case (("integer" | "long"), str()) if re.fullmatch(r"-?\d+", value):  # from path or query
            return int(value)
        case _:
            return value


def check_answer(operation: str, answer: Any) -> None:
    """Fail where the answer is not what the model promises to clients: then this server has a mistake."""
    shape = service().operation_model(operation).output_shape
    found = ["no answer expected"] * bool(answer) if shape is None else list(violations(shape, answer))
    if found:
        raise AssertionError(f"{operation} answers wrongly: {'; '.join(found)}")


def _is_a(value: object, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def violations(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """What the model says against a value, in AWS's words."""
    kind, limits = shape.type_name, shape.metadata
    shown = str(value)[:200] if kind in {"string", "integer", "long", "list"} else kind  # a zip may be long
    said = f"Value '{shown}' at '{where}' failed to satisfy constraint: Member must "
    if not _is_a(value, kind):
        yield f"{said}be a {kind}"
        return
    size, noun = (value, "value") if isinstance(value, int | float) else (len(value), "length")
    if size < limits.get("min", size):
        yield f"{said}have {noun} greater than or equal to {limits['min']}"
    if size > limits.get("max", size):
        yield f"{said}have {noun} less than or equal to {limits['max']}"
    match kind:
        case "string":
            pattern = RUNTIME if shape.name == "Runtime" else limits.get("pattern")
            if pattern and not re.fullmatch(pattern, value):
                yield f"{said}satisfy regular expression pattern: {pattern}"
            if shape.enum and shape.name != "Runtime" and value not in shape.enum:
                yield f"{said}satisfy enum value set: [{', '.join(shape.enum)}]"
        case "list":
            for number, part in enumerate(value, 1):
                yield from violations(shape.member, part, f"{where}.{number}.member")
        case "map":
            for key, part in value.items():
                yield from violations(shape.key, key, f"{where}.key")
                yield from violations(shape.value, part, f"{where}.{key}")
        case "structure":
            for name in sorted({*shape.required_members, *value}):
                place = f"{where}.{name[0].lower()}{name[1:]}".lstrip(".")
                if name not in value:
                    yield f"Value null at '{place}' failed to satisfy constraint: Member must not be null"
                elif name not in shape.members:
                    yield f"{place} is unknown"
                else:
                    yield from violations(shape.members[name], value[name], place)


def status_of(operation: str) -> int:
    """The status of an answer that is not an error."""
    return int(service().operation_model(operation).http["responseCode"])
