"""The majority-guided variational autoencoder."""
