"""The one engine of all lists: filters, search, sorting, paging and ``page_context`` (FACTS 4.3 - 4.6).

A resource declares a ``Listing``. Only the rows of the page are rendered; a filter on an indexed field starts from
the index instead of the whole table. New records can be hidden for a while (``World.visible``: list lag).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

from bookbridge.sandbox.books import filters
from bookbridge.sandbox.books.customfields import by_api_name, definitions
from bookbridge.sandbox.books.records import INDEXED, NAMES, find, normal
from bookbridge.sandbox.books.values import Record, bad_enum
from bookbridge.sandbox.call import Call, Reply

T = TypeVar("T")
Derive = Callable[[Call, Record], Any]
Filter = Callable[[Call, Record], bool]

MAX_PER_PAGE = 200
CREATED = "created_time"


@dataclass(frozen=True)
class Listing:
    """What one list can do.

    ``derive`` computes fields that a stored record does not hold as such. ``documented_modified`` and
    ``sorts_modified`` say whether the documents name ``last_modified_time`` as filter and as ``sort_column``.
    """

    resource: str
    key: str
    report_name: str
    row: Callable[[Call, Record], Record]
    applied_filter: str = "Status.All"
    sort_column: str = CREATED
    sort_order: str = "D"
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    derive: dict[str, Derive] = field(default_factory=dict)
    filter_by: dict[str, Filter] = field(default_factory=dict)
    status: dict[str, Filter] = field(default_factory=dict)
    default_filter: Filter | None = None
    documented_modified: bool = False
    sorts_modified: bool = False
    quirk_fields: tuple[str, ...] = ()
    per_page: int = MAX_PER_PAGE
    id_field: str = ""


def _value(listing: Listing, call: Call, name: str, record: Record) -> Any:
    derive = listing.derive.get(name)
    return derive(call, record) if derive else record.get(name, "")


def _test(listing: Listing, name: str, test: filters.Test, call: Call, record: Record) -> bool:
    return filters.on_any(test, _value(listing, call, name, record))


def _query(listing: Listing, call: Call) -> dict[str, str]:
    """The parameters that count: with the quirk switched on, ``filter_by`` turns some others off (FACTS 4.5)."""
    if "filter_by" not in call.query or not call.world.switches.filter_by_disables_filters:
        return call.query
    return {name: value for name, value in call.query.items() if not name.startswith(listing.quirk_fields)}


def _field_tests(listing: Listing, call: Call, query: dict[str, str]) -> list[Filter]:
    tests: list[Filter] = []
    forms = (
        (listing.texts, filters.text_tests),
        (listing.numbers, filters.number_tests),
        (listing.dates, filters.date_tests),
    )
    for names, read in forms:
        for name in names:
            tests.extend(partial(_test, listing, name, test) for test in read(query, name))
    for name in listing.flags:
        if query.get(name):
            wanted = query[name].lower() == "true"
            tests.append(partial(_test, listing, name, partial(_is_flag, wanted)))
    return tests


def _is_flag(wanted: bool, have: Any) -> bool:
    return bool(have) is wanted


def _custom_tests(listing: Listing, call: Call, query: dict[str, str]) -> list[Filter]:
    """``custom_field=value`` searches every custom field; ``cf_x=`` and ``custom_field_<id>=`` search one."""
    tests: list[Filter] = []
    fields = definitions(call.org, listing.resource)
    names = {"custom_field": [field["api_name"] for field in fields]}
    for one in fields:
        names[one["api_name"]] = [one["api_name"]]
        names[f"custom_field_{one['customfield_id']}"] = [one["api_name"]]
    for name, api_names in names.items():
        for test in filters.text_tests(query, name):
            tests.append(partial(_custom, api_names, test))
    return tests


def _custom(api_names: list[str], test: filters.Test, call: Call, record: Record) -> bool:
    values = record.get("_custom", {})
    return any(test(values.get(name, "")) for name in api_names)


def _choice_filters(listing: Listing, call: Call) -> tuple[list[Filter], str]:
    """``filter_by`` and ``status``; raises 400/2 outside the enumeration. Returns the tests and ``applied_filter``."""
    wanted = call.query.get("filter_by", "")
    tests: list[Filter] = []
    applied = listing.applied_filter
    if wanted:
        known = {name.casefold(): name for name in listing.filter_by}
        name = known.get(wanted.casefold())
        if name is None:
            raise bad_enum("filter_by")
        tests.append(listing.filter_by[name])
        applied = wanted
    elif listing.default_filter is not None:
        tests.append(listing.default_filter)
    status = call.query.get("status", "")
    if status and listing.status:
        if status.casefold() not in listing.status:
            raise bad_enum("status")
        tests.append(listing.status[status.casefold()])
    return tests, applied


def _search(listing: Listing, call: Call, record: Record) -> bool:
    wanted = normal(call.query["search_text"])
    return any(wanted in normal(_value(listing, call, name, record)) for name in listing.search)


def _tests(listing: Listing, call: Call) -> tuple[list[Filter], str]:
    query = _query(listing, call)
    chosen, applied = _choice_filters(listing, call)
    tests = chosen + _field_tests(listing, call, query) + _custom_tests(listing, call, query)
    if query.get("search_text") and listing.search:
        tests.append(partial(_search, listing))
    since = filters.modified_since(query, refuse_z=call.world.switches.z_suffix == "refused")
    if since and (listing.documented_modified or call.world.switches.undocumented_last_modified_time):
        tests.append(lambda call, record: record["_modified_at"] >= since)
    return tests, applied


def _candidates(listing: Listing, call: Call) -> list[Record]:
    """Where to start: the shortest index that a parameter names, else the whole table in order of creation."""
    query = _query(listing, call)
    org, resource = call.org, listing.resource
    api_names = [one["api_name"] for one in definitions(org, resource)]
    indexed = [
        name for name in INDEXED.get(resource, ()) if name in listing.texts and name not in listing.derive
    ] + api_names
    found = [find(org, resource, name, query[name]) for name in indexed if query.get(name)]
    if query.get("custom_field"):
        hits = (find(org, resource, name, query["custom_field"]) for name in api_names)
        found.append(list({id(record): record for records in hits for record in records}.values()))
    return min(found, key=len, default=None) or ([] if found else list(org.table(resource).values()))


_PAGING = frozenset({"page", "per_page", "response_option", "organization_id", "accept"})
_MOST_KEPT = 12


def matching(listing: Listing, call: Call) -> tuple[list[Record], str]:
    """All records that pass the parameters, sorted, and the filter applied; nobody changes the list.

    What was found is kept until a record or the date changes, so that reading all pages filters and sorts once.
    """
    if call.world.hides_records:
        return _matching(listing, call)
    return kept(call, (listing.resource, listing.key), lambda: _matching(listing, call))


def kept(call: Call, what: tuple[str, ...], find_it: Callable[[], T]) -> T:
    """What ``find_it`` gives for the call's parameters, from before when nothing can have changed since."""
    switches = call.world.switches
    query = frozenset(pair for pair in call.query.items() if pair[0] not in _PAGING)
    quirks = (
        switches.z_suffix,
        switches.filter_by_disables_filters,
        switches.undocumented_last_modified_time,
        switches.undocumented_modified_sort,
    )
    key = (what, query, call.world.changes, call.now.date(), quirks)
    found = call.org.found
    if key not in found:
        if len(found) >= _MOST_KEPT:
            del found[next(iter(found))]
        found[key] = find_it()
    result: T = found[key]
    return result


def _matching(listing: Listing, call: Call) -> tuple[list[Record], str]:
    tests, applied = _tests(listing, call)
    id_field = listing.id_field or NAMES[listing.resource][1]
    records = _candidates(listing, call)
    if tests:
        records = [record for record in records if all(test(call, record) for test in tests)]
    if call.world.hides_records:
        visible = partial(call.world.visible, call.org, listing.resource)
        records = [record for record in records if visible(record[id_field])]
    column, order = sorting(listing, call)
    return _sorted(listing, call, records, column, order), applied


def sorting(listing: Listing, call: Call) -> tuple[str, str]:
    """``sort_column`` and ``sort_order`` in force; unknown columns fall back to the default (ignored silently)."""
    column = call.query.get("sort_column", "")
    known = (*listing.sorts, listing.sort_column, "last_modified_time", CREATED)
    if column not in known and by_api_name(call.org, listing.resource, column) is None:
        column = ""
    if column == "last_modified_time" and not (
        listing.sorts_modified or call.world.switches.undocumented_modified_sort
    ):
        column = ""
    order = call.query.get("sort_order", "").upper()
    fallback = listing.sort_order if not column or column == listing.sort_column else "A"
    order = order if order in ("A", "D") else {"ASCENDING": "A", "DESCENDING": "D"}.get(order, fallback)
    return column or listing.sort_column, order


def _sorted(listing: Listing, call: Call, records: list[Record], column: str, order: str) -> list[Record]:
    if column == "last_modified_time":
        records.sort(key=itemgetter("_modified_at"))
    elif column != CREATED:
        records.sort(key=lambda record: _sort_key(_sort_value(listing, call, column, record)))
    if order == "D":
        records.reverse()
    return records


def _sort_value(listing: Listing, call: Call, column: str, record: Record) -> Any:
    if column.startswith("cf_"):
        return record.get("_custom", {}).get(column, "")
    return _value(listing, call, column, record)


def _sort_key(value: Any) -> tuple[int, Any]:
    return (1, normal(value)) if isinstance(value, str | list) else (0, value)


def positive(call: Call, name: str, default: int) -> int:
    """A positive whole number from the query, ``default`` when it is none."""
    value = call.query.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 10 and int(value) > 0 else default


def paged(call: Call, records: list[Record], per_page: int = MAX_PER_PAGE) -> tuple[list[Record], Record]:
    """One page of records and the first three members of ``page_context``; past the end it is empty."""
    page = positive(call, "page", 1)
    size = min(positive(call, "per_page", per_page), max(per_page, MAX_PER_PAGE))
    start = (page - 1) * size
    context = {"page": page, "per_page": size, "has_more_page": len(records) > start + size}
    return records[start : start + size], context


def context_of(listing: Listing, call: Call, head: Record, applied: str) -> Record:
    """The whole ``page_context`` in Zoho's order (FACTS 4.3)."""
    column, order = sorting(listing, call)
    return {
        **head,
        "report_name": listing.report_name,
        "applied_filter": applied,
        **_field_definitions(listing, call),
        "sort_column": column,
        "sort_order": order,
    }


def _field_definitions(listing: Listing, call: Call) -> Record:
    """The module's custom fields, as ``page_context`` of the wire has room for them (FACTS 4.3).

    A list that shows part of another resource (bank accounts) has no such key.
    """
    if listing.key != listing.resource:
        return {}
    if not call.world.switches.page_context_custom_fields:
        return {"custom_fields": []}
    shown = ("customfield_id", "label", "api_name", "data_type")
    fields = call.org.custom_fields.get(listing.key, [])
    return {"custom_fields": [{name: field[name] for name in shown} for field in fields]}


def answer(listing: Listing, call: Call) -> Reply:
    """The list as Zoho answers it."""
    records, applied = matching(listing, call)
    page, head = paged(call, records, listing.per_page)
    rows = [listing.row(call, record) for record in page]
    return Reply({listing.key: rows, "page_context": context_of(listing, call, head, applied)})
