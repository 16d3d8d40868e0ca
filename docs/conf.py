"""Sphinx reads from here how the site is made: which extensions, which theme, which examples."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import mgvae_resample

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "mgvae_resample"
author = "the mgvae_resample developers"
version = release = mgvae_resample.__version__

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "auto_examples/*.ipynb", "auto_examples/*.py"]
highlight_language = "none"  # blocks say their language
templates_path = ["_templates"]
nitpicky = False
suppress_warnings = [
    "config.cache",  # sphinx-gallery's settings hold functions
    "myst.header",  # the report of the benchmarks leaves out a level where that reads better
]

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

autosummary_generate = True
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # numpydoc's sections say it
numpydoc_show_class_members = False  # the template of a class lists them
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

EXAMPLES = HERE.parent / "examples" / "gallery"
HAS_EXAMPLES = any(EXAMPLES.glob("plot_*.py"))
sphinx_gallery_conf: dict[str, Any] = {
    "examples_dirs": [str(EXAMPLES)] if HAS_EXAMPLES else [],
    "gallery_dirs": ["auto_examples"] if HAS_EXAMPLES else [],
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("mgvae_resample",),
    "within_subsection_order": "reading_order.place",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "image_srcset": ["2x"],
    "remove_config_comments": True,
    "thumbnail_size": (480, 336),
    "plot_gallery": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "mgvae_resample"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "results/report": []},  # wide tables
    "show_prev_next": True,
    "navigation_with_keys": False,
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_sidebars = {
    "index": [],
    "getting_started": [],
    "limits": [],
    "architecture": [],
    "extend": [],
    "notation": [],
}
copyright = author


def setup(app: Any) -> None:
    """Mend what reST would misread, before numpydoc sees it."""
    app.connect("autodoc-process-docstring", _mend, priority=400)


def _mend(*event: Any) -> None:
    lines = event[-1]
    # A final underscore makes a link of a word.
    lines[:] = [line.replace("(n_features_in_,)", "(`n_features_in_`,)") for line in lines]
    # Inherited docstrings refer to pages of scikit-learn.
    lines[:] = [re.sub(r":(?:ref|term):`([^`<]+?) *(?:<[^>]*>)?`", r"\1", line) for line in lines]
