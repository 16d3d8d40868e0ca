"""Tables of any container, read and written column by column."""
