"""Turns staged text into contract rows: a mapping becomes SQL over columns, run inside one DuckDB.

All cells arrive as text, so that nothing is lost before it is checked. Every step works on whole
columns; a row that fails a check is set aside with the column, the value and the reason.
"""
