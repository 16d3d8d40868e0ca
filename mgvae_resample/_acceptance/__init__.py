"""Which rows that were made are accepted, and which are drawn again."""
