"""Equations become MathML as the site is built: its pages load nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

__all__ = ["setup"]


def inline(translator: Any, node: nodes.math) -> None:
    """Write an equation within a line."""
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block(translator: Any, node: nodes.math_block) -> None:
    """Write an equation in lines of its own; it scrolls where the page is too narrow."""
    identifiers = "".join(f'<span id="{escape(i)}"></span>' for i in node.get("ids", []))
    equation = tex2mathml(node.astext(), as_block=True)
    translator.body.append(f'<div class="equation">{identifiers}{equation}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Make the renderer known to Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
