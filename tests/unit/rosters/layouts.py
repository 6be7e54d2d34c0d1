# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rosters as products export them, each with the map that reads it, and what comes of it.

The people are made up. The headers are those of the products, by their documentation: the template of Entra ID by
MicrosoftDocs/entra-docs (bulk create users), those of Google Workspace by support.google.com
(answer 40057) and what its console exports, that of Okta by its default profile (help.okta.com, import users from a
CSV file), that of BambooHR by its list of fields (documentation.bamboohr.com). The guide hr_files.rst shows them.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

import yaml

Facts = dict[str, str]


@dataclass(frozen=True)
class Layout:
    """One file, its map as YAML, and of each person what is worth looking at. ``lines`` are where they begin.

    ``filled`` are the lines of the proposed map that a person has to fill in, by what stands there.
    """

    name: str
    file: str
    content: bytes
    map: str
    people: tuple[Facts, ...]
    lines: tuple[int, ...]
    filled: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Any:
        return yaml.safe_load(self.map)["provision_roster_map"]


def text(content: str) -> str:
    return textwrap.dedent(content).lstrip("\n")


GERMAN = Layout(
    "a personnel system with German headers, semicolons, a byte-order mark and German dates",
    "personal.csv",
    text(
        """
        Personalnummer;Nachname;Vorname;E-Mail;Abteilung;Mitarbeiterart;Eintritt;Austritt;Kostenstelle
        00042;Müller;Jürgen;juergen.mueller@example.org;Netze;Angestellt;01.03.2024;;4711
        00043;Weiß;Zoë;zoe.weiss@example.org;Einkauf;Extern;15.1.2025;31.12.2026;4712
        """
    ).encode("utf-8-sig"),
    text(
        """
        provision_roster_map:
          delimiter: ";"
          columns:
            key: Personalnummer
            last_name: Nachname
            first_name: Vorname
            email: E-Mail
            department: Abteilung
            type: Mitarbeiterart
            start: Eintritt
            end: Austritt
          ignore: [Kostenstelle]
          dates: ["%d.%m.%Y"]
          values:
            type:
              Angestellt: employee
              Extern: contractor
          login: "{first_name[0]}{last_name}|ascii|lower"
        """
    ),
    (
        {"key": "00042", "username": "jmuller", "start": "2024-03-01", "type": "employee", "department": "Netze"},
        {"key": "00043", "username": "zweiss", "start": "2025-01-15", "end": "2026-12-31", "type": "contractor"},
    ),
    (2, 3),
)

SPREADSHEET = Layout(
    "a spreadsheet saved as Unicode text: UTF-16 and tabs",
    "staff.txt",
    text(
        """
        Staff ID\tFirst name\tSurname\tWork e-mail\tStart date\tEmployment type
        S-7\tInès\tDupré\tines.dupre@example.org\t03/25/2024\tFull-time
        S-8\tBo\tLindström\tbo.lindstrom@example.org\t04/01/2025\tFreelancer
        """
    )
    .replace("\n", "\r\n")
    .encode("utf-16"),
    text(
        """
        provision_roster_map:
          delimiter: tab
          encoding: utf-16
          columns:
            key: Staff ID
            first_name: First name
            last_name: Surname
            email: Work e-mail
            start: Start date
            type: Employment type
          dates: ["%m/%d/%Y"]
          values:
            type:
              Full-time: employee
              Freelancer: contractor
        """
    ),
    (
        {"key": "S-7", "first_name": "Inès", "last_name": "Dupré", "start": "2024-03-25", "type": "employee"},
        {"key": "S-8", "last_name": "Lindström", "start": "2025-04-01", "type": "contractor"},
    ),
    (2, 3),
)

ENTRA = Layout(
    "the template of Entra ID for creating users in bulk",
    "UserCreateTemplate.csv",
    text(
        """
        version:v1.0,,,,,,,,,,,,,,,,
        Name [displayName] Required,User name [userPrincipalName] Required,Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,First name [givenName],Last name [surname],Job title [jobTitle],Department [department],Usage location [usageLocation],Street address [streetAddress],State or province [state],Country or region [country],Office [physicalDeliveryOfficeName],City [city],ZIP or postal code [postalCode],Office phone [telephoneNumber],Mobile phone [mobile]
        Ada Okafor,ada.okafor@example.org,Not-A-Password-1,No,Ada,Okafor,Engineer,Networks,ZA,,,,,,,+27 21 555 0101,
        Jan Kowalski,jan.kowalski@example.org,Not-A-Password-2,No,Jan,Kowalski,Buyer,Purchasing,PL,,,,,,,,+48 600 000 001
        """  # noqa: E501  # one line of the file
    ).encode(),
    text(
        """
        provision_roster_map:
          preamble: 1
          columns:
            key: User name [userPrincipalName] Required
            username: User name [userPrincipalName] Required
            email: User name [userPrincipalName] Required
            display_name: Name [displayName] Required
            first_name: First name [givenName]
            last_name: Last name [surname]
            job_title: Job title [jobTitle]
            department: Department [department]
            phone: Office phone [telephoneNumber]
            mobile: Mobile phone [mobile]
          ignore: ["*"]
        """
    ),
    (
        {"key": "ada.okafor@example.org", "username": "ada.okafor@example.org", "phone": "+27 21 555 0101"},
        {"email": "jan.kowalski@example.org", "display_name": "Jan Kowalski", "mobile": "+48 600 000 001"},
    ),
    (3, 4),
    {"columns.key": "User name [userPrincipalName] Required"},
)

GOOGLE = Layout(
    "an export of the users of Google Workspace",
    "User_Download.csv",
    text(
        """
        First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Password Hash Function [UPLOAD ONLY],Org Unit Path [Required],New Primary Email [UPLOAD ONLY],Status [READ ONLY],Last Sign In [READ ONLY],Recovery Email,Home Secondary Email,Work Secondary Email,Recovery Phone [MUST BE IN THE E.164 FORMAT],Work Phone,Home Phone,Mobile Phone,Work Address,Home Address,Employee ID,Employee Type,Employee Title,Manager Email,Department,Cost Center,2sv Enrolled [READ ONLY],Change Password at Next Sign-In
        Mei,Tanaka,mei.tanaka@example.org,****,,/Sales,,Active,2026/05/30 08:12:44,,,,,+81 3 5550 0100,,,"1 Main St, Floor 2",,1007,Permanent,Seller,omar.haddad@example.org,Sales,C1,True,False
        Omar,Haddad,omar.haddad@example.org,****,,/,,Suspended,Never logged in,,,,,,,,,,1008,Contractor,Head,,Sales,C1,False,False
        """  # noqa: E501  # one line of the file
    ).encode(),
    text(
        """
        provision_roster_map:
          columns:
            key: Employee ID
            email: Email Address [Required]
            first_name: First Name [Required]
            last_name: Last Name [Required]
            job_title: Employee Title
            phone: Work Phone
            mobile: Mobile Phone
            manager: Manager Email
            department: Department
            type: Employee Type
            status: Status [READ ONLY]
          ignore: ["*"]
          values:
            type:
              Permanent: employee
            status:
              Suspended: leave
          login: "{first_name}.{last_name}|ascii|lower"
        """
    ),
    (
        {"key": "1007", "username": "mei.tanaka", "status": "active", "type": "employee", "phone": "+81 3 5550 0100"},
        {"key": "1008", "status": "leave", "type": "contractor", "manager": ""},
    ),
    (2, 3),
    {"values.status.Suspended": "leave"},
)

OKTA = Layout(
    "the template of Okta for importing users",
    "okta_users.csv",
    text(
        """
        login,firstName,lastName,middleName,honorificPrefix,honorificSuffix,email,title,displayName,nickName,profileUrl,secondEmail,mobilePhone,primaryPhone,streetAddress,city,state,zipCode,countryCode,postalAddress,preferredLanguage,locale,timezone,userType,employeeNumber,costCenter,organization,division,department,managerId,manager
        lena.berg@example.org,Lena,Berg,,Dr.,,lena.berg@example.org,Analyst,Lena Berg,,,,+47 400 00 001,,,Oslo,,,NO,,nb,nb_NO,Europe/Oslo,Consultant,E-201,,Example AS,,Finance,E-202,Ivar Dahl
        ivar.dahl@example.org,Ivar,Dahl,,,,ivar.dahl@example.org,Head of Finance,Ivar Dahl,,,,,+47 22 00 00 02,,Oslo,,,NO,,nb,nb_NO,Europe/Oslo,Employee,E-202,,Example AS,,Finance,,
        """  # noqa: E501  # one line of the file
    ).encode(),
    text(
        """
        provision_roster_map:
          columns:
            key: employeeNumber
            username: login
            email: email
            first_name: firstName
            last_name: lastName
            display_name: displayName
            job_title: title
            phone: primaryPhone
            mobile: mobilePhone
            manager: managerId
            department: department
            company: organization
            type: userType
          ignore: ["*"]
          values:
            type:
              Consultant: contractor
        """
    ),
    (
        {"key": "E-201", "username": "lena.berg@example.org", "type": "contractor", "manager": "E-202"},
        {"key": "E-202", "type": "employee", "company": "Example AS", "phone": "+47 22 00 00 02"},
    ),
    (2, 3),
)

BAMBOO = Layout(
    "a report of a personnel system such as BambooHR, with lines before the header and blank rows",
    "employee_report.csv",
    text(
        """
        Example Inc.,,,,,,,
        "Employee Report, all locations",,,,,,,
        "Run on 2026-05-31",,,,,,,

        Employee #,First Name,Last Name,Work Email,Job Title,Department,Status,Hire Date

        1001,Grace,Njoroge,grace.njoroge@example.org,Operator,Operations,Active,01 Mar 2024

        ,,,,,,,
        1002,Pedro,Alves,pedro.alves@example.org,Operator,Operations,Inactive,17 Aug 2021
        """
    ).encode(),
    text(
        """
        provision_roster_map:
          preamble: 4
          columns:
            key: "Employee #"
            email: Work Email
            first_name: First Name
            last_name: Last Name
            job_title: Job Title
            department: Department
            status: Status
            start: Hire Date
          dates: ["%d %b %Y"]
          values:
            status:
              Inactive: leaver
        """
    ),
    (
        {"key": "1001", "start": "2024-03-01", "status": "active", "job_title": "Operator"},
        {"key": "1002", "start": "2021-08-17", "status": "leaver"},
    ),
    (7, 10),
)

BROKEN_LINES = Layout(
    "line breaks within cells, a separator at the end of each line, and keys with zeros in front",
    "mitarbeiter.csv",
    text(
        """
        "Personal-
        nr.";"Name";"Vorname";"Anschrift";"Funktion";"Telefon";
        "000017";"Öztürk";"Aylin";"Hauptstraße 1
        8001 Zürich";"Leiterin
        Betrieb";"+41 44 555 01 00";
        ="000018";"O'Neill";"Seán";"";"Techniker";"";;
        """
    ).encode("windows-1252"),
    text(
        """
        provision_roster_map:
          delimiter: ";"
          encoding: windows-1252
          columns:
            key: Personal- nr.
            last_name: Name
            first_name: Vorname
            job_title: Funktion
            phone: Telefon
          ignore: [Anschrift]
          login: "{last_name}|ascii|lower"
        """
    ),
    (
        {"key": "000017", "username": "ozturk", "job_title": "Leiterin Betrieb", "phone": "+41 44 555 01 00"},
        {"key": "000018", "username": "oneill", "first_name": "Seán"},
    ),
    (3, 6),
)

GRAPH = Layout(
    "users of Microsoft Graph: a list below a name, and records in records",
    "graph_users.json",
    text(
        """
        {
          "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users",
          "value": [
            {
              "employeeId": "4101", "userPrincipalName": "noor.haddad@example.org", "mail": "noor.haddad@example.org",
              "givenName": "Noor", "surname": "Haddad", "jobTitle": "Planner", "accountEnabled": true,
              "employeeHireDate": "2024-03-01T00:00:00Z", "manager": {"employeeId": "4102", "displayName": "Eva Lind"}
            },
            {
              "employeeId": "4102", "userPrincipalName": "eva.lind@example.org", "mail": "eva.lind@example.org",
              "givenName": "Eva", "surname": "Lind", "jobTitle": "Head", "accountEnabled": true,
              "employeeHireDate": null, "manager": null
            }
          ]
        }
        """
    ).encode(),
    text(
        """
        provision_roster_map:
          records: value
          columns:
            key: employeeId
            username: userPrincipalName
            email: mail
            first_name: givenName
            last_name: surname
            job_title: jobTitle
            start: employeeHireDate
            manager: manager.employeeId
          ignore: [accountEnabled, manager]
          dates: ["%Y-%m-%dT%H:%M:%S%z"]
        """
    ),
    (
        {"key": "4101", "username": "noor.haddad@example.org", "job_title": "Planner"},
        {"key": "4102", "last_name": "Lind"},
    ),
    (4, 9),
)

NESTED = Layout(
    "an interface of a personnel system: a list two names deep, and names in a record of their own",
    "employees.json",
    text(
        """
        {
          "meta": {"page": 1, "departments": [{"id": "D1", "name": "Care"}]},
          "data": {
            "employees": [
              {"employeeId": "00071", "name": {"first": "Tea", "family": "Sand"}, "contact": {"email": "t@example.org"},
               "department": {"id": "D1", "name": "Care"}, "employment": {"start": "2023-05-01", "type": "Permanent"}},
              {"employeeId": "00072", "name": {"first": "Ali", "family": "Kaya"}, "contact": {"email": "a@example.org"},
               "department": {"id": "D1", "name": "Care"}, "employment": {"start": "2024-09-01", "type": "Consultant"}}
            ]
          }
        }
        """
    ).encode(),
    text(
        """
        provision_roster_map:
          records: data.employees
          columns:
            key: employeeId
            first_name: name.first
            last_name: name.family
            email: contact.email
            department: department.name
            start: employment.start
            type: employment.type
          ignore: [department]
          values:
            type:
              Permanent: employee
              Consultant: contractor
          login: "{first_name[0]}{last_name}|ascii|lower"
        """
    ),
    (
        {"key": "00071", "username": "tsand", "department": "Care", "start": "2023-05-01", "type": "employee"},
        {"key": "00072", "email": "a@example.org", "type": "contractor"},
    ),
    (5, 7),
)

LAYOUTS = (GERMAN, SPREADSHEET, ENTRA, GOOGLE, OKTA, BAMBOO, BROKEN_LINES, GRAPH, NESTED)
