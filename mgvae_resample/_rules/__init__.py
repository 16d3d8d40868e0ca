"""Column rules: what every row of a table obeys, found in its rows and kept in new ones."""
