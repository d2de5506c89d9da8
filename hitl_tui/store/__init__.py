"""SQLite: schema, migrations, named queries, one writer with group commit, and the transactions.

What is made with each step of a thread, such as `Step` or `NodeCommit`, is not frozen: a frozen dataclass takes three
times as long to make. Nobody changes it all the same.
"""
