# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas of RFC 7643 as data (docs/apis/scim.md 1.3), and bodies made to fit them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CORE = "urn:ietf:params:scim:schemas:core:2.0"
USER_URN = f"{CORE}:User"
GROUP_URN = f"{CORE}:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CUSTOM = "urn:example:params:scim:schemas:extension:badges:1.0:User"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"

JSON_TYPES: dict[str, tuple[type[Any], ...]] = {
    "string": (str,),
    "reference": (str,),
    "binary": (str,),
    "dateTime": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "decimal": (int, float),
    "complex": (dict,),
}


@dataclass(frozen=True)
class Attribute:
    """One attribute; the defaults are those of RFC 7643 2.2."""

    name: str
    type: str = "string"
    multi: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    uniqueness: str = "none"
    canonical: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    parts: tuple[Attribute, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return the attribute as `/Schemas` describes it."""
        found: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi,
            "description": f"{self.name} of the resource",
            "required": self.required,
            "mutability": self.mutability,
            "returned": self.returned,
        }
        if self.type == "complex":
            found["subAttributes"] = [part.shown() for part in self.parts]
        else:
            found |= {"caseExact": self.case_exact, "uniqueness": self.uniqueness}
        if self.canonical:
            found["canonicalValues"] = list(self.canonical)
        if self.type == "reference":
            found["referenceTypes"] = list(self.references)
        return found


def _several(name: str, kind: str = "string", types: Iterable[str] = (), references: Iterable[str] = ()) -> Attribute:
    """Return a multi-valued attribute with the four parts that all of them have."""
    parts = (
        Attribute("value", kind, references=tuple(references), case_exact=kind == "binary"),
        Attribute("display"),
        Attribute("type", canonical=tuple(types)),
        Attribute("primary", "boolean"),
    )
    return Attribute(name, "complex", multi=True, parts=parts)


def _texts(words: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(word) for word in words.split())


NAME = _texts("formatted familyName givenName middleName honorificPrefix honorificSuffix")
ADDRESS = (
    *_texts("formatted streetAddress locality region postalCode country"),
    Attribute("type", canonical=("work", "home", "other")),
    Attribute("primary", "boolean"),
)
USER: tuple[Attribute, ...] = (
    Attribute("userName", required=True, uniqueness="server"),
    Attribute("name", "complex", parts=NAME),
    *_texts("displayName nickName"),
    Attribute("profileUrl", "reference", references=("external",)),
    *_texts("title userType preferredLanguage locale timezone"),
    Attribute("active", "boolean"),
    Attribute("password", mutability="writeOnly", returned="never"),
    _several("emails", types=("work", "home", "other")),
    _several("phoneNumbers", types=("work", "home", "mobile", "fax", "pager", "other")),
    _several("ims"),
    _several("photos", "reference", ("photo", "thumbnail"), ("external",)),
    Attribute("addresses", "complex", multi=True, parts=ADDRESS),
    Attribute(
        "groups",
        "complex",
        multi=True,
        mutability="readOnly",
        parts=(
            Attribute("value", mutability="readOnly", case_exact=True),
            Attribute("$ref", "reference", mutability="readOnly", references=("Group",), case_exact=True),
            Attribute("display", mutability="readOnly"),
            Attribute("type", mutability="readOnly", canonical=("direct", "indirect")),
        ),
    ),
    _several("entitlements"),
    _several("roles"),
    _several("x509Certificates", "binary"),
)
ENTERPRISE_USER: tuple[Attribute, ...] = (
    *_texts("employeeNumber costCenter organization division department"),
    Attribute(
        "manager",
        "complex",
        parts=(
            Attribute("value", case_exact=True),
            Attribute("$ref", "reference", references=("User",), case_exact=True),
            Attribute("displayName", mutability="readOnly"),
        ),
    ),
)
CUSTOM_USER: tuple[Attribute, ...] = (
    *_texts("badge desk"),
    Attribute("floor", "integer"),
    Attribute("tags", multi=True),
)
GROUP: tuple[Attribute, ...] = (
    Attribute("displayName", required=True),
    Attribute(
        "members",
        "complex",
        multi=True,
        parts=(
            Attribute("value", mutability="immutable", case_exact=True),
            Attribute("$ref", "reference", mutability="immutable", references=("User", "Group"), case_exact=True),
            Attribute("type", mutability="immutable", canonical=("User", "Group")),
            Attribute("display", mutability="readOnly"),
        ),
    ),
)
COMMON: tuple[Attribute, ...] = (
    Attribute("id", mutability="readOnly", returned="always", uniqueness="server", case_exact=True),
    Attribute("externalId", case_exact=True),
    Attribute("schemas", multi=True, returned="always", case_exact=True),
    Attribute(
        "meta",
        "complex",
        mutability="readOnly",
        parts=(
            Attribute("resourceType", mutability="readOnly", case_exact=True),
            Attribute("created", "dateTime", mutability="readOnly"),
            Attribute("lastModified", "dateTime", mutability="readOnly"),
            Attribute("location", "reference", mutability="readOnly", references=("uri",), case_exact=True),
            Attribute("version", mutability="readOnly", case_exact=True),
        ),
    ),
)


@dataclass(frozen=True)
class Kind:
    """A type of resource: where it lives and which attributes it has, by schema; the first is its core schema."""

    name: str
    endpoint: str
    schemas: Mapping[str, tuple[Attribute, ...]]

    @property
    def core(self) -> str:
        """Return the URN of the core schema."""
        return next(iter(self.schemas))

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the names under which a resource holds what is shown as it is stored."""
        found = {one.name for one in (*self.schemas[self.core], *COMMON)} | set(self.schemas)
        return frozenset(found - {"meta", "members", self.core})

    def locate(self, urn: str, name: str) -> tuple[str, Attribute | None]:
        """Return where an attribute is held ("" for the resource, else an extension's URN), and the attribute."""
        if urn and urn.casefold() != self.core.casefold():
            home = next((one for one in self.schemas if one.casefold() == urn.casefold()), None)
            return (home, find(self.schemas[home], name)) if home else ("", None)
        return "", find((*self.schemas[self.core], *COMMON), name)

    def extension(self, text: str) -> str | None:
        """Return the URN of the extension that a text names as a whole."""
        return next((one for one in self.schemas if one != self.core and one.casefold() == text.casefold()), None)

    @staticmethod
    def held(row: dict[str, Any], holder: str) -> dict[str, Any]:
        """Return the part of a resource that holds the attributes of a schema."""
        found = row.get(holder, {}) if holder else row
        return found if isinstance(found, dict) else {}

    def without(self, names: Iterable[str]) -> Kind:
        """Return the kind of a server that lacks attributes, named `title`, `emails.type` or by an extension's URN."""
        gone = {name.casefold() for name in names}
        schemas = {}
        for urn, attributes in self.schemas.items():
            if urn.casefold() in gone:
                continue
            kept = [one for one in attributes if one.name.casefold() not in gone]
            schemas[urn] = tuple(
                replace(one, parts=tuple(p for p in one.parts if f"{one.name}.{p.name}".casefold() not in gone))
                for one in kept
            )
        return replace(self, schemas=schemas)


def find(attributes: Iterable[Attribute], name: str) -> Attribute | None:
    """Return the attribute of a name, in any case."""
    wanted = name.casefold()
    return next((one for one in attributes if one.name.casefold() == wanted), None)


KINDS = {
    "User": Kind("User", "/Users", {USER_URN: USER, ENTERPRISE: ENTERPRISE_USER}),
    "Group": Kind("Group", "/Groups", {GROUP_URN: GROUP}),
}
CUSTOM_KINDS = {**KINDS, "User": replace(KINDS["User"], schemas={**KINDS["User"].schemas, CUSTOM: CUSTOM_USER})}


class Misfit(Exception):
    """A value that does not fit its attribute: a kind of error of docs/apis/scim.md 1.5, and the attribute."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class Manners:
    """How bodies are read: text for a boolean (`refused`, `taken`, `kept`), attributes that nobody knows (`dropped`,
    `refused`), and readOnly ones (`ignored`, `refused`)."""

    text_boolean: str = "refused"
    unknown: str = "refused"
    read_only: str = "ignored"


def fitted(
    attributes: tuple[Attribute, ...], given: Mapping[str, Any], manners: Manners, place: str = ""
) -> dict[str, Any]:
    """Return the members of an object under their proper names; an unassigned one as None."""
    found: dict[str, Any] = {}
    for word, value in given.items():
        attribute = find(attributes, word)
        if attribute is None:
            if manners.unknown == "refused":
                raise Misfit("invalidSyntax", f"No schema has {place}{word}.")
            continue
        if attribute.mutability == "readOnly":
            if manners.read_only == "refused":
                raise Misfit("mutability", f"{place}{attribute.name} is readOnly.")
            continue
        found[attribute.name] = fitted_value(attribute, value, manners, place)
    return found


def fitted_value(attribute: Attribute, value: Any, manners: Manners, place: str = "") -> Any:
    """Return the value of an attribute as it is stored: None for an unassigned one."""
    if value is None or value in ([], {}):
        return None
    if attribute.multi:
        values = value if isinstance(value, list) else [value]
        found = [one for one in (fitted_single(attribute, each, manners, place) for each in values) if one is not None]
        return found or None
    return fitted_single(attribute, value, manners, place)


def fitted_single(attribute: Attribute, value: Any, manners: Manners, place: str = "") -> Any:
    """Return one value of an attribute as it is stored."""
    found: Any = value
    if attribute.type == "boolean" and isinstance(value, str) and value.casefold() in ("true", "false"):
        if manners.text_boolean == "taken":
            return value.casefold() == "true"
        if manners.text_boolean == "kept":
            return value
    allowed = JSON_TYPES[attribute.type]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise Misfit("invalidValue", f"{place}{attribute.name} has to be a value of the type {attribute.type}.")
    if attribute.type == "complex":
        parts = fitted(attribute.parts, found, manners, f"{place}{attribute.name}.")
        return {name: one for name, one in parts.items() if one is not None} or None
    if attribute.type == "dateTime" and not re.match(r"\d{4}-\d\d-\d\dT", found):
        raise Misfit("invalidValue", f"{place}{attribute.name} has to be a date with a time.")
    return found
