# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and groups as django-scim2 wants them, and the check of a token."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin, models.Model):
    """A group of users."""

    name = models.CharField(max_length=80, unique=True)


class User(AbstractSCIMUserMixin, AbstractUser):
    """A user."""

    scim_groups = models.ManyToManyField(Group, related_name="user_set")


class Caller:
    """Who has the token."""

    is_authenticated = True


def bearer(get_response):
    """Let in who has the token."""

    def middleware(request):
        good = request.headers.get("Authorization") == "Bearer " + settings.SCIM_TOKEN
        request.user = Caller() if good else AnonymousUser()
        return get_response(request)

    return middleware
