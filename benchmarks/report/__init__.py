"""Turns the result files into one readable page, and into the table of the README."""
