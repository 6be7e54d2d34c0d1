#!/usr/bin/env bash
# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -eu
PYTHONPATH="$(cd ../setup_people/files && pwd):${PYTHONPATH:-}" exec "${ANSIBLE_TEST_PYTHON_INTERPRETER:-python3}" story.py
