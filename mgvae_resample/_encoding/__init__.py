"""Encoded rows: tables and images as numbers that networks learn, and back."""
