"""Sphinx configuration: pages in Markdown, whose code runs at every build."""

import weaklabel

project = "weaklabel"
author = "The weaklabel developers"
release = weaklabel.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "jupyter_execute"]
html_theme = "furo"
html_title = "weaklabel"
default_role = "literal"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
myst_enable_extensions = ["dollarmath"]
# The attributes of several classes share a name; Sphinx tries to link each and cannot choose.
suppress_warnings = ["ref.python"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
