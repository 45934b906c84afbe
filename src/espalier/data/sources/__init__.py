"""One form of source = one file: delimited text, Parquet, JSON Lines, Excel, SQLite, PostgreSQL, frames, samples."""
