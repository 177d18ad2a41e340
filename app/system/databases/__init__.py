"""Database servers and SQLite files behind one contract: addresses, connections, tables, rows, files."""
