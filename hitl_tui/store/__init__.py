"""SQLite: schema, migrations, named queries, one writer with group commit, and the transactions."""
