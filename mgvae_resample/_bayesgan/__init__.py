"""The generative adversarial network whose codes follow a Bayesian network."""
