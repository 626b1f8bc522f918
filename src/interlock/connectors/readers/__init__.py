"""Readers: one file or sheet as batches of text, whatever its kind, with the rows that cannot be read."""
