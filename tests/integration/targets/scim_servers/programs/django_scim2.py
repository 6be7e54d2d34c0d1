# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve SCIM by django-scim2 (docs/apis/scim.md 3.3), in its working folder: `django_scim2.py PORT TOKEN`."""

import sys

import django
from django.conf import settings
from django.core.management import call_command


def main(port: str, token: str) -> None:
    """Make the tables and serve."""
    settings.configure(
        SECRET_KEY="test-only",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="scimtest.urls",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        AUTH_USER_MODEL="scimtest.User",
        SCIM_TOKEN=token,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "scim.sqlite3"}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_scim", "scimtest"],
        MIDDLEWARE=["scimtest.models.bearer", "django_scim.middleware.SCIMAuthCheckMiddleware"],
        SCIM_SERVICE_PROVIDER={
            "SCHEME": "http",
            "NETLOC": f"127.0.0.1:{port}",
            "GROUP_MODEL": "scimtest.models.Group",
            "WWW_AUTHENTICATE_HEADER": 'Bearer realm="scim"',
            "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "bearer", "description": "static"}],
        },
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
