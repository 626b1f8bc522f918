"""Databases: SQLite, PostgreSQL and MySQL by address, read only."""

from .reading import is_address as is_address
from .reading import open_database as open_database
