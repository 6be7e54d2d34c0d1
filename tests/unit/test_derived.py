# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the registry of portals and from the documentation of modules is as it would be written now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import derived
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", derived.written(), ids=lambda path: path.relative_to(derived.ROOT).as_posix())
def test_a_file_is_as_it_would_be_written(path: Path) -> None:
    assert path.read_text("utf-8") == derived.written()[path], "run make derived"


def test_nothing_but_what_is_derived_lies_beside_it() -> None:
    assert set(derived.schemas.FOLDER.iterdir()) <= set(derived.written())
