"""Examples stand in the gallery from the first that a newcomer wants to the last."""

from __future__ import annotations

__all__ = ["place"]

ORDER = (
    "plot_first_table.py",
    "plot_compare_with_smote.py",
    "plot_grid_search.py",
    "plot_resampled_classifier.py",
    "plot_mixed_columns.py",
    "plot_many_classes.py",
    "plot_images_translations.py",
    "plot_cnn_features.py",
    "plot_steer_structure.py",
    "plot_calibration.py",
)


def place(name: str) -> int:
    """Return where an example stands; those not named come last."""
    return ORDER.index(name) if name in ORDER else len(ORDER)
