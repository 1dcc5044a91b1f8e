"""Our own database: connections, tables, migrations and encryption at rest."""
