"""The web book's settings: `python3 course.py book` builds it into _book/html.

Sphinx reads the executed notebooks in solutions/ through MyST-NB and runs none of them. Nothing
that the pages need lies on another server: the theme brings its own style and search, and MathJax
comes from an installed package.
"""

import sys
from importlib import util
from pathlib import Path

from sphinx.util.fileutil import copy_asset

BOOK = Path(__file__).resolve().parent
sys.path.insert(0, str(BOOK))
import pages  # noqa: E402  (it lies beside this file)

# Where the course is published, as "owner/name" on GitHub: each lesson then offers Binder and
# Colab too. Without it a lesson can be downloaded only.
repository = ""

project = "Inverse reinforcement learning, hands on"
author = "The irl-course contributors"
copyright = "The irl-course contributors. Text and pictures: CC BY 4.0; code: MIT"
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax"]
exclude_patterns = ["lessons/_*.md"]
nitpicky = True

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True

mathjax_path = "mathjax/tex-chtml.js"
# As few of its files as our mathematics needs. The version is 3.2.2: the one file of version 4
# asks another server for its fonts.
MATHJAX = ["tex-chtml.js", "output/chtml/fonts/woff-v2"]
# The menu would put a keyboard stop on every formula.
mathjax3_config = {"options": {"enableMenu": False}}

html_theme = "furo"
html_title = "Inverse reinforcement learning, hands on"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def copy_mathjax(app, error):
    """Put MathJax beside the pages."""
    if error is None and app.builder.format == "html":
        package = Path(util.find_spec("sphinx-mathjax-offline").origin).parent
        for name in MATHJAX:
            source = package / "static" / "mathjax" / name
            target = Path(app.outdir, "_static", "mathjax", name)
            copy_asset(source, target if source.is_dir() else target.parent)


def let_folds_say_their_names(app, name, template, context, doctree):
    """MyST-NB labels every fold "Toggle hidden content", over what stands there ("Solution")."""
    context["body"] = context.get("body", "").replace(' aria-label="Toggle hidden content"', "")


def setup(app):
    """Make the pages of the lessons before Sphinx looks for them."""
    app.add_config_value("repository", "", "env", types=[str])
    app.connect("config-inited", lambda app, config: pages.write(BOOK, config.repository))
    app.connect("html-page-context", let_folds_say_their_names)
    app.connect("build-finished", copy_mathjax)
