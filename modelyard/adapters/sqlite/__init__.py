"""The table on one machine, in one file."""

from modelyard.adapters.sqlite.table import SqliteTable

__all__ = ["SqliteTable"]
