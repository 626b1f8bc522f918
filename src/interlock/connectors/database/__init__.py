"""Databases: SQLite, PostgreSQL and MySQL by address, read only; once, or again and again from a watermark."""

from .reading import open_database as open_database
from .watching import WatchedDatabase
from .watermarks import unpacked as unpacked

connector = WatchedDatabase()
