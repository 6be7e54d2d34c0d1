# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the story: `python -m demo`, or better `make demo`, which builds and installs the collection first."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import requests

from .checks import Broken
from .screen import Screen
from .stage import ROOT, SIGNALS
from .story import tell


class Stopped(Exception):
    """A signal asked the demonstration to end."""


def stop(number: int, _frame: object) -> NoReturn:
    """Turn a signal into an exception, so that everything is tidied up."""
    raise Stopped(number)


def main() -> int:
    """Run the demonstration; 0 if all of its sentences are true."""
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "demo", help="where roster, plans, reports and log will lie"
    )
    folder = parser.parse_args().folder
    for number in SIGNALS:
        signal.signal(number, stop)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        tell(Screen(), folder.absolute())
    except Stopped as stopped:
        print("\nStopped. Nothing is left running.", file=sys.stderr)
        return 128 + int(stopped.args[0])
    except BrokenPipeError:
        # Who read the output has left; what is still in the buffer would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Broken, OSError, requests.RequestException) as error:
        print(f"\nmake demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
