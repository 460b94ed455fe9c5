"""The plan as one self-contained page that a browser shows without a network."""

from pacific_infra.plan.html.page import render_html

__all__ = ["render_html"]
