"""Networks, the one-hot map between rows and network inputs, and the one training loop."""
