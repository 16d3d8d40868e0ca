"""Rules that new rows must meet, and the loop that draws rows again until they do."""
