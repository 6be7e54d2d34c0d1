# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the pages of the guides and plugins, which `make site` writes: without asking any other site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx

project = html_title = "portal.users"
copyright = "2026, the portal.users authors"  # noqa: A001 - the name is Sphinx's
extensions = ["sphinx_antsibull_ext"]
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = html_copy_source = html_use_index = False
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True

CORE = "https://docs.ansible.com/projects/ansible-core/devel/"
# What pages of plugins refer to in the documentation of ansible-core.
ELSEWHERE = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}


def elsewhere(_app: Sphinx, _env: object, missing: pending_xref, words: nodes.Element) -> nodes.Element | None:
    """Return a link to the documentation of ansible-core for a reference that leads there."""
    page = ELSEWHERE.get(missing["reftarget"])
    return nodes.reference("", "", *words.children, refuri=CORE + page) if page else None


def without_contents(_app: Sphinx, page: nodes.document) -> None:
    """Take out the contents of a page, which the theme shows beside it."""
    for topic in [topic for topic in page.findall(nodes.topic) if "contents" in topic["classes"]]:
        topic.parent.remove(topic)


def setup(app: Sphinx) -> None:
    """Tell Sphinx of what it does not know."""
    app.add_lexer("csv", TextLexer)
    app.connect("missing-reference", elsewhere)
    app.connect("doctree-read", without_contents)
