"""Tables from files and frames: CSV, Parquet, polars, pandas and pyarrow, read strictly and in batches."""

from onelayer.data.tables.suffixes import is_table
from onelayer.data.tables.table import Table, open_table

__all__ = ["Table", "is_table", "open_table"]
