# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve SCIM by Canaille, in the folder where it is started: `canaille_app.py PORT TOKEN` (docs/apis/scim.md 3.4)."""

import datetime
import sys
from pathlib import Path

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import run_simple


def main(port: str, token: str) -> None:
    """Make the tables and serve."""
    app = create_app(
        config={
            "SECRET_KEY": "test-only-secret-key-test-only-secret-key",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "sql"},
            "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{Path.cwd()}/canaille.sqlite"},
            "CANAILLE_OIDC": {},
            "CANAILLE_SCIM": {"ENABLE_SERVER": True},
        }
    )
    with app.app_context(), Backend.instance.session():
        client = models.Client(client_id="scim", client_name="scim", client_secret="x")
        Backend.instance.save(client)
        issued = models.Token(
            token_id="t",
            access_token=token,
            client=client,
            subject=None,
            type="access_token",
            scope=[],
            lifetime=86400,
            audience=[client],
            issue_date=datetime.datetime.now(datetime.UTC),
        )
        Backend.instance.save(issued)
    run_simple("127.0.0.1", int(port), app, threaded=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
