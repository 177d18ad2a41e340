"""Find customer data in databases: every table, read-only, the rows that go by their keys."""

from app.steps.locate.databases.step import locate_database

__all__ = ["locate_database"]
