"""What a user may rely on."""
