"""What differs between tables and images, as one object with two implementations."""
