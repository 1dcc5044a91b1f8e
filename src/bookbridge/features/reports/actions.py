"""What people and programs do with reports: list them, ask one, have its answer as JSON, file or page."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bookbridge.features.reports import REPORTS, exports, policy
from bookbridge.features.reports.frame import Asked, Cell, Column, Report, Sheet, Table
from bookbridge.features.reports.writers import FORMATS
from bookbridge.kernel.errors import InvalidInputError, NotFoundError
from bookbridge.kernel.money import Money
from bookbridge.registry import Services
from bookbridge.store import audit
from bookbridge.store.organizations import Organization

FILE_FORMATS = ("csv", "xlsx")
"""What a report can be downloaded as."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A report's table with the question it answers."""

    report: Report
    asked: Asked
    table: Table


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file on its way: its name, its media type, its bytes piece by piece."""

    filename: str
    media_type: str
    pieces: Iterator[bytes]

    @property
    def is_text(self) -> bool:
        """Whether a terminal can show it."""
        return not self.filename.endswith(".xlsx")

    @property
    def headers(self) -> dict[str, str]:
        """The header that makes a browser save it."""
        return {"Content-Disposition": f'attachment; filename="{self.filename}"'}


def find(name: str, /) -> Report:
    """The report of that public name.

    Raises:
        NotFoundError: there is none.
    """
    for each in REPORTS:
        if each.name == name:
            return each
    raise NotFoundError(f"There is no report of that name; there are {', '.join(each.name for each in REPORTS)}.")


def described(report: Report, /) -> dict[str, Any]:
    """A report as the API lists it."""
    params = [
        {
            "name": each.name, "kind": each.kind.value, "meaning": each.meaning, "default": each.default,
            **({"choices": each.choices} if each.choices else {}),
        }
        for each in report.params
    ]  # fmt: skip
    columns = [
        {
            "name": each.name, "title": each.title, "kind": each.kind.value, "meaning": each.meaning,
            **({"only_grouped_by": each.groups} if each.groups else {}),
        }
        for each in report.columns
    ]  # fmt: skip
    return {
        "name": report.name,
        "title": report.title,
        "meaning": report.meaning,
        "url": f"/api/reports/{report.name}",
        "parameters": params,
        "columns": columns,
    }


def ask(services: Services, organization: Organization, name: str, given: Mapping[str, str], /) -> Answer:
    """Fill a report from the mirror; ``given`` are its parameters as texts, empty ones are left out.

    Raises:
        NotFoundError: there is no such report.
        InvalidInputError: an unknown parameter or a value that cannot be.
    """
    report = find(name)
    asked = policy.asked(
        report,
        {key: text for key, text in given.items() if text},
        organization_id=organization.organization_id,
        currency=organization.currency,
        exponent=organization.exponent,
        today=today(services, organization),
        fiscal_month=policy.fiscal_month_of(organization.info),
    )
    with services.db.snapshot() as tx:
        return Answer(report=report, asked=asked, table=report.run(tx, asked))


def today(services: Services, organization: Organization, /) -> date:
    """The day it is for the organization."""
    return services.clock.now().astimezone(ZoneInfo(organization.time_zone or "UTC")).date()


def as_json(answer: Answer, /) -> dict[str, Any]:
    """The answer as the API gives it: amounts are numbers in major units."""
    asked, table = answer.asked, answer.table
    names = [each.name for each in table.columns]
    return {
        "report": answer.report.name,
        "title": answer.report.title,
        "organization_id": asked.organization_id,
        "currency": asked.currency,
        "from": asked.first,
        "to": asked.last,
        "group_by": asked.group_by,
        "as_of": table.as_of,
        "columns": [{"name": each.name, "title": each.title, "kind": each.kind.value} for each in table.columns],
        "rows": [_object(names, row) for row in table.rows],
        "totals": _object(names, table.totals),
        "notes": table.notes,
    }


def _object(names: Sequence[str], cells: Sequence[Cell]) -> dict[str, Cell]:
    """Names and values, amounts in major units."""
    plain = (each.amount if isinstance(each, Money) else each for each in cells)
    return dict(zip(names, plain, strict=True))


def download(
    services: Services,
    organization: Organization,
    name: str,
    given: Mapping[str, str],
    /,
    *,
    format: str,
    actor: str,
) -> Download:
    """A report as a file; the audit log says who took it.

    Raises:
        NotFoundError: there is no such report.
        InvalidInputError: an unknown parameter, format or value.
    """
    if format not in FILE_FORMATS:
        raise InvalidInputError(
            "There is no such format.", field="format", remedy=f"Send json, {' or '.join(FILE_FORMATS)}."
        )
    answer = ask(services, organization, name, given)
    asked, form = answer.asked, FORMATS[format]
    detail = {"from": asked.first, "to": asked.last, "group_by": asked.group_by, "format": format}
    note(services, organization, actor=actor, action="report.downloaded", subject_id=name, detail=detail)
    return Download(
        filename=f"{name}_{asked.first}_{asked.last}.{form.suffix}",
        media_type=form.media_type,
        pieces=form.write(sheet_of(answer)),
    )


def export(
    services: Services,
    wanted: exports.Wanted,
    /,
    *,
    format: str,
    actor: str,
    told: Callable[[int], None] | None = None,
) -> Download:
    """Rows of a table as a file, read while it is written; ``told`` hears how many were written so far.

    The audit log says who took what before the first byte leaves.

    Raises:
        InvalidInputError: an unknown format, or days that cannot be.
    """
    if format not in FORMATS:
        raise InvalidInputError("There is no such format.", field="format", remedy=f"Use one of {', '.join(FORMATS)}.")
    wanted.check()
    form, name = FORMATS[format], wanted.listed.name
    detail = {"from": wanted.first, "to": wanted.last, "with_deleted": wanted.with_deleted, "format": format}
    note(services, wanted.organization, actor=actor, action="table.exported", subject_id=name, detail=detail)
    rows = exports.rows(services.db, wanted)
    sheet = Sheet(title=name, columns=wanted.listed.columns, rows=_counted(rows, told) if told else rows)
    return Download(
        filename=f"{name}_{today(services, wanted.organization)}.{form.suffix}",
        media_type=form.media_type,
        pieces=_closing(form.write(sheet), rows),
    )


def _closing(pieces: Iterator[bytes], rows: Generator[tuple[Cell, ...]]) -> Iterator[bytes]:
    """The pieces; the connection behind ``rows`` is given back whether or not all of them are taken."""
    with closing(rows):
        yield from pieces


def _counted(rows: Iterator[tuple[Cell, ...]], told: Callable[[int], None]) -> Iterator[tuple[Cell, ...]]:
    for number, row in enumerate(rows, 1):
        yield row
        if number % exports.BATCH == 0:
            told(number)


def sheet_of(answer: Answer, /) -> Sheet:
    """The answer as a file is written from it; totals only where a text tells them from a row."""
    table = answer.table
    footer = table.totals if isinstance(table.totals[0], str) else ()
    return Sheet(title=answer.report.title, columns=table.columns, rows=table.rows, footer=footer, notes=table.notes)


def note(
    services: Services,
    organization: Organization,
    /,
    *,
    actor: str,
    action: str,
    subject_id: str,
    detail: dict[str, Any],
) -> None:
    """Write down who took what out, before the first byte leaves."""
    with services.db.transaction() as tx:
        audit.record(
            tx, at=services.db.now(tx), actor=actor, action=action, subject_id=subject_id,
            organization_id=organization.organization_id, detail=detail,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A form field of a page: ``choices`` for a list, else a date."""

    name: str
    label: str
    value: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A report as a page shows it; cells are formatted texts, ``problem`` says what was wrong with the parameters."""

    name: str
    title: str
    meaning: str
    currency: str = ""
    as_of: datetime | None = None
    fields: tuple[Field, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    totals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    downloads: Mapping[str, str] = field(default_factory=dict)
    values: tuple[tuple[Cell, ...], ...] = ()


def page(services: Services, organization: Organization, name: str, given: Mapping[str, str], /) -> Page:
    """A report with its form; wrong parameters give the form with a sentence instead of the table.

    Raises:
        NotFoundError: there is no such report.
    """
    report = find(name)
    known = {each.name: given.get(each.name, "") for each in report.params}
    try:
        answer = ask(services, organization, name, known)
    except InvalidInputError as error:
        said = f"{error} {error.remedy}".strip()
        return Page(name=name, title=report.title, meaning=report.meaning, fields=_fields(report, known), problem=said)
    asked, table = answer.asked, answer.table
    filled = {"from": str(asked.first), "to": str(asked.last), "group_by": asked.group_by}
    query = "&".join(f"{key}={text}" for key, text in filled.items())
    address = f"/api/reports/{name}?organization_id={organization.organization_id}&{query}&format="
    return Page(
        name=name, title=report.title, meaning=report.meaning, currency=asked.currency, as_of=table.as_of,
        fields=_fields(report, filled), columns=table.columns, notes=table.notes, values=table.rows,
        rows=tuple(tuple(shown(cell, asked.currency) for cell in row) for row in table.rows),
        totals=tuple(shown(cell, asked.currency) for cell in table.totals),
        downloads={form: address + form for form in FILE_FORMATS},
    )  # fmt: skip


def _fields(report: Report, values: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(
            name=each.name,
            label=each.name.replace("_", " ").capitalize(),
            value=values[each.name],
            choices=each.choices,
        )
        for each in report.params
    )


def shown(cell: Cell, currency: str, /) -> str:
    """A cell for people: grouped digits; an amount names its currency where it is not ``currency``."""
    if cell is None or cell == "":
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Money):
        amount = f"{cell.amount:,f}"
        return amount if cell.currency == currency else f"{amount} {cell.currency}"
    if isinstance(cell, int | Decimal):
        return f"{cell:,f}" if isinstance(cell, Decimal) else f"{cell:,}"
    return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else str(cell)
