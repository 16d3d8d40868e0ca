"""Converts a gallery script to a notebook and runs it: ``make notebook``.

It needs the extra ``docs``. Run it after changes of
``examples/gallery/plot_compare_with_smote.py``; a test compares the two.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from sphinx_gallery.gen_gallery import DEFAULT_GALLERY_CONF
from sphinx_gallery.notebook import jupyter_notebook
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

HERE = Path(__file__).parent
SCRIPT = HERE / "gallery" / "plot_compare_with_smote.py"
NOTEBOOK = HERE / "compare_with_smote.ipynb"
SECONDS = 1800


def main() -> None:
    """Convert, run and save."""
    _, blocks = split_code_and_text_blocks(str(SCRIPT))
    converted = jupyter_notebook(blocks, DEFAULT_GALLERY_CONF, str(SCRIPT.parent))
    notebook = nbformat.reads(json.dumps(converted), as_version=4)
    NotebookClient(notebook, timeout=SECONDS, record_timing=False).execute()
    # Without random ids and the version of Python, two runs give the same file.
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
