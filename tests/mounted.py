# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine on a mounted simulator needs: a clock that nobody waits for, and the stores in our words."""

from __future__ import annotations

import threading

from ansible_collections.portal.users.plugins.module_utils._core.throttle import Clock

# What our words are called in the simulators' stores; written from the API notes, not from the field tables.
STORED: dict[str, dict[str, str]] = {
    "clc": {
        "username": "UserName",
        "email": "EmailAddress",
        "first_name": "FirstName",
        "last_name": "LastName",
        "alternate_email": "AlternateEmailAddress",
        "title": "Title",
        "office_number": "OfficeNumber",
        "mobile_number": "MobileNumber",
        "fax_number": "FaxNumber",
        "sms_alerts": "AllowSMS",
        "saml_username": "SAMLUserName",
        "time_zone": "TimeZoneID",
        "role_ids": "Roles",
        "status": "Status",
    },
    "certcentral": {
        "username": "username",
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "job_title": "job_title",
        "telephone": "telephone",
        "saml_sso_only": "is_saml_sso_only",
        "role_id": "role_ids",
        "container_ids": "assignments",
        "status": "status",
    },
    "platform": {
        "username": "username",
        "name": "name",
        "email": "email",
        "language": "language",
        "customer_admin": "can_customer_admin",
    },
    "cloudcenter": {
        "email": "emailAddr",
        "first_name": "firstName",
        "last_name": "lastName",
        "company_name": "companyName",
        "phone_number": "phoneNumber",
        "external_id": "externalId",
        "status": "status",
    },
}


class StillClock(Clock):
    """Time that passes only when somebody sleeps or a request is slow."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.advance(max(seconds, 0.0))

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        """Let time pass, as the simulator does when a request is slow."""
        with self._lock:
            self.time += seconds
