"""Tax authorities and tax exemptions (FACTS 5.10): plain records without effect on the totals."""

from collections.abc import Callable
from dataclasses import dataclass

from bookbridge.sandbox.books.records import insert, touch
from bookbridge.sandbox.books.values import Record, invalid, text
from bookbridge.sandbox.call import Call, Handler, Reply, Route, ZohoFault


@dataclass(frozen=True)
class _Kind:
    """One of the two kinds: table, wire words, fields and messages."""

    table: str
    many: str
    one: str
    id_field: str
    word: str
    fields: tuple[str, ...]
    created_status: int
    messages: tuple[str, str, str]


AUTHORITY = _Kind(
    "taxauthorities", "tax_authorities", "tax_authority", "tax_authority_id", "Tax Authority",
    ("tax_authority_name", "description", "registration_number", "registration_number_label"), 201,
    ("Tax Authority has been added.", "Tax Authority information has been updated.",
     "Tax authority has been deleted."),
)  # fmt: skip
EXEMPTION = _Kind(
    "taxexemptions", "tax_exemptions", "tax_exemption", "tax_exemption_id", "Tax Exemption",
    ("tax_exemption_code", "description", "type"), 200,
    ("Tax Exemption has been added.", "Tax Exemption has been updated.",
     "Tax exemption has been deleted successfully."),
)  # fmt: skip


def _shown(kind: _Kind, record: Record) -> Record:
    return {name: record.get(name, "") for name in (kind.id_field, *kind.fields)}


def _get(kind: _Kind, call: Call) -> Record:
    record = call.org.table(kind.table).get(call.ids["record_id"])
    if record is None:
        raise ZohoFault(404, 1002, f"{kind.word} does not exist.")
    return record


def _fill(kind: _Kind, call: Call, record: Record) -> None:
    for name in kind.fields:
        record[name] = text(call.body, name, 500, record.get(name, ""))
    if not record[kind.fields[0]]:
        raise invalid(kind.fields[0])


def _commit(kind: _Kind, call: Call, record: Record) -> None:
    call.world.commit(call, resource=kind.table, record_id=record[kind.id_field], key=record[kind.fields[0]])


def _listed(kind: _Kind, call: Call) -> Reply:
    return Reply({kind.many: [_shown(kind, record) for record in call.org.table(kind.table).values()]})


def _got(kind: _Kind, call: Call) -> Reply:
    return Reply({kind.one: _shown(kind, _get(kind, call))})


def _created(kind: _Kind, call: Call) -> Reply:
    record: Record = {}
    _fill(kind, call, record)
    insert(call, kind.table, record, id_field=kind.id_field)
    _commit(kind, call, record)
    return Reply({kind.one: _shown(kind, record)}, kind.created_status, kind.messages[0])


def _updated(kind: _Kind, call: Call) -> Reply:
    record = _get(kind, call)
    _fill(kind, call, record)
    touch(call, record)
    _commit(kind, call, record)
    return Reply({kind.one: _shown(kind, record)}, message=kind.messages[1])


def _deleted(kind: _Kind, call: Call) -> Reply:
    record = _get(kind, call)
    del call.org.table(kind.table)[record[kind.id_field]]
    _commit(kind, call, record)
    return Reply({}, message=kind.messages[2])


def _of(kind: _Kind, handler: Callable[[_Kind, Call], Reply]) -> Handler:
    return lambda call: handler(kind, call)


def _routes(kind: _Kind) -> tuple[Route, ...]:
    path = f"/settings/{kind.table}"
    return (
        Route("GET", path, "settings.READ", _of(kind, _listed)),
        Route("POST", path, "settings.CREATE", _of(kind, _created)),
        Route("GET", path + "/{record_id}", "settings.READ", _of(kind, _got)),
        Route("PUT", path + "/{record_id}", "settings.UPDATE", _of(kind, _updated)),
        Route("DELETE", path + "/{record_id}", "settings.DELETE", _of(kind, _deleted)),
    )


ROUTES = (*_routes(AUTHORITY), *_routes(EXEMPTION))
