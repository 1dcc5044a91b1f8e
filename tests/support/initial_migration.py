"""Writes the initial migration anew from ``store/tables.py``: ``python -m tests.support.initial_migration``.

Only until the first release; after it the initial migration is history and stays as it is.
"""

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops

from bookbridge.store import schema, tables

TARGET = Path(schema.__file__).parent / "migrations" / "versions" / "m0001_initial.py"

HEADER = '''"""The initial schema: every table of Bookbridge."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
'''


def render() -> str:
    """The source of a migration that creates every table on an empty database."""
    made: list[ops.MigrateOperation] = []
    for table in tables.metadata.sorted_tables:
        made.append(ops.CreateTableOp.from_table(table))
        made.extend(ops.CreateIndexOp.from_index(index) for index in sorted(table.indexes, key=lambda each: each.name))
    context = MigrationContext.configure(dialect_name="postgresql")  # its ``DEFAULT false`` suits SQLite too
    body = render_python_code(ops.UpgradeOps(made), render_item=_plain_types, migration_context=context)
    lines = [line for line in body.splitlines() if not line.strip().startswith("#")]
    return HEADER + "\n".join(lines) + "\n"


def _plain_types(kind: str, item: object, _context: object) -> str | bool:
    """Our own column types by the plain type they are kept as, so that a migration never changes with our code."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


if __name__ == "__main__":
    TARGET.write_text(render(), "utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(TARGET)], check=True)
