"""Sphinx's configuration. The pages can be read without it, too: what they share with the code is compared by tests."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "lambda-wheels"
version = release = version_of("lambda-wheels")
copyright = "the lambda-wheels authors"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
nitpicky = False

html_theme = "furo"
html_title = f"lambda-wheels {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
