"""Rows in, rows out: what the columns of a table are, how they are coded and restored."""
