"""Writes the newest migration anew from ``store/tables.py``: ``python -m tests.support.next_migration``.

Only until the release that ships it; after that a migration is history, and the next change of the tables gets a new
revision: give this module and ``schema.HEAD`` its number and its words.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from bookbridge.store import schema, tables
from bookbridge.store.db import Database

REVISION, BEFORE, WORDS = "0002", "0001", "The mirror, receivables, reconciliation and administrator accounts"
TARGET = Path(schema.__file__).parent / "migrations" / "versions" / f"m{REVISION}_mirror.py"

HEADER = f'''"""{WORDS}."""

import sqlalchemy as sa
from alembic import op

revision = "{REVISION}"
down_revision = "{BEFORE}"


def upgrade() -> None:
    """Bring the tables of {BEFORE} up to date."""
'''


def render() -> str:
    """The source of the migration from ``BEFORE`` to the tables as they are declared."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/before.db")
        with db.transaction() as tx:
            command.upgrade(schema.alembic_config(tx), BEFORE)
        with db.read() as tx:
            options = {"include_name": schema.ours, "version_table": schema.VERSION_TABLE, "compare_type": True}
            made = produce_migrations(MigrationContext.configure(tx, opts=options), tables.metadata)
        db.close()
    context = MigrationContext.configure(dialect_name="postgresql")  # its ``DEFAULT false`` suits SQLite too
    assert made.upgrade_ops is not None
    body = render_python_code(made.upgrade_ops, render_item=_plain_types, migration_context=context)
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
