# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the picture of README.md from a plan that `make demo` has left behind, with the tools of the step `browser`:
.cache/browser/bin/python tests/browser/picture.py build/demo/provisioning/plan.html docs/plan.png"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

if __name__ == "__main__":
    paper, picture = map(Path, sys.argv[1:])
    with sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 820})
        page.goto(paper.resolve().as_uri())
        page.screenshot(path=picture)
        browser.close()
