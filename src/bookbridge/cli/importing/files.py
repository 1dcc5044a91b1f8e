"""A file of orders on disk: CSV or JSON lines, plain or compressed, read twice and never held as a whole."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from bookbridge.inbox.sources import csvfile, jsonlines, online_retail
from bookbridge.inbox.sources.csvfile import Defaults
from bookbridge.inbox.sources.entries import Entry, Layout, Row
from bookbridge.kernel import jsontext
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Party

ONLINE_RETAIL = "online-retail"
MOST_PARTIES = 20_000


@dataclass
class Overview:
    """What the first reading saw.

    ``orders`` they are, ``parties`` their customers (the first 20,000), ``ignored`` columns that are not used,
    ``scattered`` orders whose rows do not follow each other.
    """

    orders: int = 0
    parties: set[Party] = field(default_factory=set)
    ignored: tuple[str, ...] = ()
    scattered: int = 0


class OrderFile:
    """One file; ``names`` maps our columns to the file's.

    Raises:
        InvalidInputError: the file cannot be opened, or its kind is not known.
    """

    def __init__(self, path: Path, /, *, form: str = "", names: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.form = form or _form_of(path)
        self._names = {**(online_retail.NAMES if form == ONLINE_RETAIL else {}), **(names or {})}
        if self.form == "jsonl" and self._names:
            raise InvalidInputError("--map is for tables; JSON lines name their fields themselves.", remedy="Leave it.")
        self._layout: Layout | None = None

    def overview(self) -> Overview:
        """Read the file once, quickly: count orders and customers."""
        seen = Overview()
        with self._opened() as file:
            if self.form == "jsonl":
                _glance(file, seen)
                return seen
            header = self._header(file)
            party_of = online_retail.customer if self.form == ONLINE_RETAIL else _customer
            rows = _noting(csvfile.rows(file, header), seen, party_of)
            self._layout = Layout((row.line, row.cells.get("order_id", "")) for row in rows)
        seen.orders, seen.scattered = self._layout.count, self._layout.scattered
        seen.ignored = header.ignored
        return seen

    def entries(self, defaults: Defaults, /, *, source: str, currency: str, organization_id: str) -> Iterator[Entry]:
        """Every order of the file; call ``overview`` before. ``source`` and ``currency`` are empty where not given."""
        with self._opened() as file:
            if self.form == "jsonl":
                yield from jsonlines.entries(file, source=source, currency=currency, organization_id=organization_id)
                return
            assert self._layout is not None
            read = online_retail.entries if self.form == ONLINE_RETAIL else csvfile.entries
            yield from read(csvfile.rows(file, self._header(file)), self._layout, defaults=defaults)

    def _header(self, file: TextIO) -> csvfile.Header:
        return csvfile.header_of(file.readline(), names=self._names)

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        """The file as text; what goes wrong while it is read is explained."""
        try:
            with _open(self.path) as file:
                yield file
        except (OSError, EOFError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise InvalidInputError(f"{self.path} cannot be read: {said}.", remedy="Check the name.") from error
        except csv.Error as error:
            raise InvalidInputError(
                f"{self.path} is not a table: {error}.", remedy="Save it as CSV, or name its kind with --format."
            ) from error


def _form_of(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if name.endswith((".csv", ".tsv")):
        return "csv"
    raise InvalidInputError(
        f"The kind of {path.name} is not known.", remedy="Name it .csv or .jsonl (or .csv.gz, .jsonl.gz)."
    )


def _open(path: Path) -> TextIO:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="")


def _noting(rows: Iterator[Row], seen: Overview, party_of: Callable[[Row], Party | None]) -> Iterator[Row]:
    """Pass rows on and keep their customers."""
    for row in rows:
        party = party_of(row) if len(seen.parties) < MOST_PARTIES else None
        if party is not None:
            seen.parties.add(party)
        yield row


def _customer(row: Row) -> Party | None:
    customer_id, email = row.cells.get("customer_id", ""), row.cells.get("customer_email", "").lower()
    return Party(customer_id=customer_id, email="" if customer_id else email) if customer_id or email else None


def _glance(file: TextIO, seen: Overview) -> None:
    """Count JSON lines and their customers; lines that are wrong are explained later."""
    for line in file:
        if not line.strip():
            continue
        seen.orders += 1
        try:
            body = jsontext.decode(line.encode("utf-8", "replace"))
        except InvalidInputError:
            continue
        if isinstance(body, dict) and len(seen.parties) < MOST_PARTIES:
            customer_id = str(body.get("customer_id") or body.get("customerId") or "")
            email = str(body.get("customer_email") or body.get("customerEmail") or "").lower()
            seen.parties.add(Party(customer_id=customer_id, email="" if customer_id else email))
