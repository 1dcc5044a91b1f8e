"""Every mirrored list is declared once and completely."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bookbridge.mirror import receivables
from bookbridge.mirror.entities import BY_NAME, ENTITIES, Changes, Entity
from bookbridge.mirror.values import Scale
from bookbridge.store.tables import metadata
from bookbridge.zoho.books.client import Books

ROOT = Path(__file__).resolve().parents[3]
SCALE = Scale(currency="USD", exponent=2, exponents={"USD": 2, "JPY": 0, "KWD": 3}, key_field="cf_key")
COMMON = {"organization_id", "payload", "detail", "hash", "created_at", "modified_at", "seen_at", "deleted_at"}


def test_every_mirrored_table_has_one_entity() -> None:
    """A table of records without an entry would stay empty, an entry without a table would fail."""
    apart = {"allocations", "invoice_lines", "invoice_taxes", "state", "wanted"}
    tables = {name.removeprefix("bb_mirror_") for name in metadata.tables if name.startswith("bb_mirror_")}
    assert tables - apart == {each.name for each in ENTITIES}
    assert len(BY_NAME) == len(ENTITIES)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda each: each.name)
def test_an_entity_fills_its_table(entity: Entity) -> None:
    """Even an empty row gives a value for each column of its table, and no other."""
    columns = {column.name for column in entity.table.columns} - COMMON - {entity.id}
    assert set(entity.columns({}, SCALE)) == columns
    assert entity.table.name == f"bb_mirror_{entity.name}"
    assert [column.name for column in entity.table.primary_key] == ["organization_id", entity.id]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda each: each.name)
def test_an_entity_is_a_list_of_the_client(entity: Entity) -> None:
    """Path, keys and id are those of the client's resource; a filter by time is one the list documents."""
    names = {"creditnotes": "credit_notes"}
    resource: Any = getattr(Books, names.get(entity.name, entity.name)).func(object.__new__(Books))
    found = (resource.PATH, resource.MANY, resource.ID)
    assert found == (entity.path, entity.many, entity.id)
    assert (entity.changes is Changes.FILTER) == ("last_modified_time" in resource.FILTERS)


def test_documents_are_known_to_receivables() -> None:
    """What an entity says receivables follow from is an argument of ``refresh``."""
    known = receivables.refresh.__kwdefaults__
    assert {each.documents for each in ENTITIES if each.documents} <= set(known or ())


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda each: each.name)
def test_an_odd_field_spoils_nothing(entity: Entity) -> None:
    """Whatever a field holds, the row gets columns that both databases take."""
    odd: list[Any] = [
        "",
        None,
        [],
        {},
        True,
        "1,5",
        "NaN",
        Decimal("1E+400"),
        Decimal("-1E-400"),
        "\x00",
        10**30,
        "x" * 9,
    ]
    names = (
        "total",
        "balance",
        "date",
        "currency_code",
        "exchange_rate",
        "status",
        "price_precision",
        "amount",
        "rate",
    )
    for value in odd:
        row = dict.fromkeys((*names, entity.id, "custom_fields", "custom_field_hash", "last_modified_time"), value)
        row["custom_fields"], row["custom_field_hash"] = [], {}
        for column, found in entity.columns(row, SCALE).items():
            assert not isinstance(found, float), column
            assert "\x00" not in str(found), column
            assert not isinstance(found, int) or -(2**63) <= found < 2**63, column
        entity.modified_at(row)


def test_the_pages_say_what_is_mirrored() -> None:
    """The page about the mirror names every list by the way its changes are found."""
    page = (ROOT / "docs" / "explanation" / "mirror.md").read_text(encoding="utf-8")
    for entity in ENTITIES:
        assert entity.name.replace("creditnotes", "credit notes") in page, entity.name
