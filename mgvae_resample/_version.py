"""The version of the package, which cached trainings carry."""

__version__ = "0.1.0"
