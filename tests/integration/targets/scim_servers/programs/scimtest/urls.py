# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where django-scim2 is served."""

from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_scim.urls"))]
