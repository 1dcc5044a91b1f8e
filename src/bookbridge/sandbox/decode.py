"""Bodies as clients of Zoho Books send them: JSON, form field ``JSONString``, multipart (FACTS 4.1)."""

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bookbridge.sandbox.call import Upload, ZohoFault
from bookbridge.sandbox.messages import Request

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_PARAMETER = re.compile(r'(\w+\*?)="((?:[^"\\]|\\.)*)"|(\w+\*?)=([^;\s]+)')


@dataclass
class Decoded:
    """A body: its JSON object, whether there was one, other form fields and files."""

    body: dict[str, Any] = field(default_factory=dict)
    given: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)


def decode(request: Request) -> Decoded:
    """Read a request's body; raises ZohoFault 1038 for what is not a JSON object."""
    if request.content_type == "multipart/form-data":
        decoded = _multipart(request)
    elif request.content_type == "application/x-www-form-urlencoded" and request.body:
        decoded = _form(request)
    elif request.body.strip():
        if request.path.endswith("/customfields") and request.body.lstrip().startswith(b"["):
            # the one endpoint whose body is a list (FACTS 4.9); its handler finds the rows under custom_fields
            return Decoded(body=parse_object(b'{"custom_fields":' + request.body + b"}"), given=True)
        return Decoded(body=parse_object(request.body), given=True)
    else:
        decoded = Decoded()
    if not decoded.given and request.query.get("JSONString"):
        return Decoded(parse_object(request.query["JSONString"]), True, decoded.fields, decoded.files)
    return decoded


def parse_object(text: bytes | str) -> dict[str, Any]:
    """Parse a JSON object, numbers with a point as Decimal; raises ZohoFault 1038 otherwise."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(value, dict):
        raise malformed()
    return value


def malformed() -> ZohoFault:
    """Give the refusal of a body that is not well formed (FACTS 3.2)."""
    return ZohoFault(400, 1038, "JSON is not well formed")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _form(request: Request) -> Decoded:
    fields = dict(request.form)
    return _with_json_string(fields, {}, strict=True)


def _with_json_string(fields: dict[str, str], files: dict[str, Upload], *, strict: bool) -> Decoded:
    """Take ``JSONString`` out of form fields; a form with neither it nor known parameters is malformed JSON."""
    text = fields.pop("JSONString", "")
    if text.strip():
        return Decoded(parse_object(text), True, fields, files)
    if strict and not set(fields) <= {"organization_id", "authtoken", "scope", "can_send_in_mail"}:
        raise malformed()
    return Decoded({}, False, fields, files)


def _multipart(request: Request) -> Decoded:
    match = _BOUNDARY.search(request.headers.get("content-type", ""))
    if match is None:
        raise malformed()
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    delimiter = b"\r\n--" + match[1].encode("latin-1")
    for part in (b"\r\n" + request.body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            break
        _read_part(part, fields, files)
    return _with_json_string(fields, files, strict=False)


def _read_part(part: bytes, fields: dict[str, str], files: dict[str, Upload]) -> None:
    head, _, data = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = dict(_header_line(line) for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line)
    parameters = {
        (m[1] or m[3]).lower(): m[2] or m[4] for m in _PARAMETER.finditer(headers.get("content-disposition", ""))
    }
    name = parameters.get("name", "")
    if "filename" in parameters or "filename*" in parameters:
        filename = parameters.get("filename") or parameters.get("filename*", "").rpartition("''")[2]
        media = headers.get("content-type", "application/octet-stream")
        files[name] = Upload(filename=filename, content_type=media, data=data)
    elif name:
        fields[name] = data.decode("utf-8", "replace")


def _header_line(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
