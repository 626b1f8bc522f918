"""Files: a folder, one file or a zip of CSV, TSV, XLSX, JSON Lines or Parquet."""

from .files import open_files as open_files
