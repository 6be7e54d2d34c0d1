# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed rosters, each beside the errors that its author is to read.

All are read on TODAY, with PROFILES and PORTALS as the known ones.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

TODAY = datetime.date(2026, 6, 1)
PROFILES = ("server_operator", "pki_operator")
PORTALS = ("clc_prod", "digicert_us")


@dataclass(frozen=True)
class Malformed:
    """One roster, and every error in it."""

    name: str
    file: str
    content: str | bytes
    errors: tuple[str, ...]


ROUNDED = "is what a spreadsheet made of a number, format the column as text and enter it again"
SHEET_ERROR = "is an error that a spreadsheet shows instead of the value, correct it there"
LOST = "holds U+FFFD, a character was lost on the way here: export it again as UTF-8"

MALFORMED = (
    Malformed(
        "an unknown column",
        "people.csv",
        """\
key,emial,username
E1,ann@example.org,ann
""",
        ("people.csv:1: emial: 'emial' is not a known column, did you mean 'email'?",),
    ),
    Malformed(
        "a column in capitals",
        "people.csv",
        """\
key,E-Mail,First_Name
E1,ann@example.org,Ann
""",
        (
            "people.csv:1: E-Mail: 'E-Mail' is not a known column, did you mean 'email'?",
            "people.csv:1: First_Name: 'First_Name' is not a known column, did you mean 'first_name'?",
        ),
    ),
    Malformed(
        "a column that stands twice",
        "people.csv",
        """\
key,email,phone,email
E1,ann@example.org,,ann@example.org
""",
        ("people.csv:1: email: is the name of columns 2 and 4",),
    ),
    Malformed(
        "a column without a name",
        "people.csv",
        """\
key,,email
E1,,ann@example.org
""",
        ("people.csv:1: column 2 has no name",),
    ),
    Malformed(
        "no column for the key",
        "people.csv",
        """\
username,email
ann,ann@example.org
bob,bob@example.org
""",
        ("people.csv:1: key: the column is missing, it is required",),
    ),
    Malformed(
        "accounts in CSV",
        "people.csv",
        """\
key,accounts
E1,clc
""",
        ("people.csv:1: accounts: can be given in YAML and JSON only, or in the overlay",),
    ),
    Malformed(
        "a missing key",
        "people.csv",
        """\
key,username,email
E1,ann,ann@example.org
 ,bob,bob@example.org
""",
        ("people.csv:3: key: is missing, it is required",),
    ),
    Malformed(
        "a key that stands twice",
        "people.csv",
        """\
key,username
E1,ann
E2,bob
e1,cy
""",
        ("people.csv:4: key: 'e1' stands in line 2 already",),
    ),
    Malformed(
        "a username that stands twice in other case",
        "people.csv",
        """\
key,username
E1,ann.lee
E2, Ann.Lee
""",
        ("people.csv:3: username: 'Ann.Lee' stands in line 2 already",),
    ),
    Malformed(
        "an e-mail address that stands twice",
        "people.csv",
        """\
key,email
E1,straße@example.org
E2,bob@example.org
E3,STRASSE@example.org
""",
        (
            (
                "people.csv:4: email: 'STRASSE@example.org' looks like 'straße@example.org' in line 2 and is not the "
                "same (U+00DF LATIN SMALL LETTER SHARP S), correct one of them"
            ),
        ),
    ),
    Malformed(
        "keys and logins that only look the same",
        "people.csv",
        """\
key,username
E1,ann.lee
\u0415\u0031,bob
E3,\u0430nn.lee
E4,ann.lee
E5,dee  ann
E6,dee ann
""",
        (
            (
                "people.csv:3: key: 'Е1' looks like 'E1' in line 2 and is not the same "
                "(U+0415 CYRILLIC CAPITAL LETTER IE), correct one of them"
            ),
            (
                "people.csv:4: username: 'аnn.lee' looks like 'ann.lee' in line 2 and is not the same "
                "(U+0430 CYRILLIC SMALL LETTER A), correct one of them"
            ),
            "people.csv:5: username: 'ann.lee' stands in line 2 already",
            (
                "people.csv:7: username: 'dee ann' looks like 'dee  ann' in line 6 and is not the same "
                "(U+0020 SPACE), correct one of them"
            ),
        ),
    ),
    Malformed(
        "logins with what nobody sees although it counts as printable",
        "people.yml",
        """\
- key: E1
  username: "ann\\u3164"
  first_name: "Ann\\uFE0F"
  accounts: {clc: {username: "\\u2800ann"}}
""",
        (
            "people.yml:2: username: 'ann\u3164' holds characters that nobody sees, U+3164 HANGUL FILLER, remove them",
            (
                "people.yml:4: accounts.clc.username: '\u2800ann' holds characters that nobody sees, U+2800 BRAILLE "
                "PATTERN BLANK, remove them"
            ),
        ),
    ),
    Malformed(
        "an e-mail address that stands twice in other composition",
        "people.csv",
        """\
key,email
E1,ren\u00e9@example.org
E2,rene\u0301@example.org
""",
        ("people.csv:3: email: 'rené@example.org' stands in line 2 already",),
    ),
    Malformed(
        "words that are no e-mail addresses",
        "people.csv",
        """\
key,email
E1,x
E2,Ann Lee <ann@example.org>
E3,ann@localhost
E4,a@b@example.org
E5,ann@.example.org
E6,"ann@x.example,bob@x.example"
""",
        (
            "people.csv:2: email: 'x' is not an e-mail address, write it as name@example.org",
            "people.csv:3: email: 'Ann Lee <ann@example.org>' is not an e-mail address, write it as name@example.org",
            "people.csv:4: email: 'ann@localhost' is not an e-mail address, write it as name@example.org",
            "people.csv:5: email: 'a@b@example.org' is not an e-mail address, write it as name@example.org",
            "people.csv:6: email: 'ann@.example.org' is not an e-mail address, write it as name@example.org",
            "people.csv:7: email: 'ann@x.example,bob@x.example' is not an e-mail address, write it as name@example.org",
        ),
    ),
    Malformed(
        "dates in other spellings",
        "people.csv",
        """\
key,start,end
E1,31/12/2026,
E2,2026-02-30,
E3,,20261231
E4,,0206-01-01
E5,2026-1-1,2026-12-31T00:00:00
""",
        (
            "people.csv:2: start: '31/12/2026' is not a date, write it as 2026-12-31",
            "people.csv:3: start: '2026-02-30' is a day that does not exist",
            "people.csv:4: end: '20261231' is not a date, write it as 2026-12-31",
            "people.csv:5: end: '0206-01-01' is too long ago to be true",
            "people.csv:6: start: '2026-1-1' is not a date, write it as 2026-12-31",
            "people.csv:6: end: '2026-12-31T00:00:00' is not a date, write it as 2026-12-31",
        ),
    ),
    Malformed(
        "an end before the start",
        "people.csv",
        """\
key,start,end
E1,2026-03-01,2026-02-28
""",
        ("people.csv:2: end: 2026-02-28 is before the start 2026-03-01",),
    ),
    Malformed(
        "an active person whose end has passed",
        "people.csv",
        """\
key,status,start,end
E1,active,2020-01-01,2026-05-31
""",
        ("people.csv:2: status: 'active' contradicts the end 2026-05-31 (today 2026-06-01), leave one empty",),
    ),
    Malformed(
        "an active person whose start has not come",
        "people.csv",
        """\
key,status,start
E1,active,2026-06-02
""",
        ("people.csv:2: status: 'active' contradicts the start 2026-06-02 (today 2026-06-01), leave one empty",),
    ),
    Malformed(
        "a leaver whose end has not passed",
        "people.csv",
        """\
key,status,end
E1,leaver,2026-06-01
""",
        ("people.csv:2: status: 'leaver' contradicts the end 2026-06-01 (today 2026-06-01), leave one empty",),
    ),
    Malformed(
        "an unknown status",
        "people.csv",
        """\
key,status
E1,Active
E2,terminated
E3,prehire
""",
        (
            "people.csv:2: status: 'Active' is not a status, use active, leave or leaver",
            "people.csv:3: status: 'terminated' is not a status, use active, leave or leaver",
            "people.csv:4: status: 'prehire' is not a status, use active, leave or leaver",
        ),
    ),
    Malformed(
        "an unknown type",
        "people.csv",
        """\
key,type
E1,intern
""",
        ("people.csv:2: type: 'intern' is not a type, use employee, contractor, vendor or service",),
    ),
    Malformed(
        "an unknown profile",
        "people.csv",
        """\
key,profiles
E1,server_operator;pki_oprator
E2,root
""",
        (
            "people.csv:2: profiles: 'pki_oprator' is not a known profile, did you mean 'pki_operator'?",
            "people.csv:3: profiles: 'root' is not a known profile, known are server_operator, pki_operator",
        ),
    ),
    Malformed(
        "profiles separated by commas",
        "people.csv",
        """\
key,profiles
E1,"server_operator,pki_operator"
""",
        ("people.csv:2: profiles: 'server_operator,pki_operator' is not a known profile, separate profiles by ';'",),
    ),
    Malformed(
        "rows of another width",
        "people.csv",
        """\
key,username,last_name
E1,ann,Lee, Dr.
E2,bob
E3,cy,Moe
E4
""",
        (
            "people.csv:2: has 4 cells, and the header has 3: a value with a comma needs quotation marks",
            "people.csv:3: has 2 cells, and the header has 3: a comma is missing",
            "people.csv:5: has 1 cell, and the header has 3: a comma is missing",
        ),
    ),
    Malformed(
        "a row of empty cells",
        "people.csv",
        """\
key,username,email
E1,ann,ann@example.org
,,
""",
        ("people.csv:3: the row is empty, delete it",),
    ),
    Malformed(
        "formulas",
        "people.csv",
        """\
key,first_name,last_name,job_title,phone
E1,=1+1,@SUM(A1),-2,+27 21 555 0100
E2,"=CHAR(""7"")",+,Head,=1
E3,+27 21 555 0100,Lee,Head,+cmd|calc
""",
        (
            "people.csv:2: first_name: '=1+1' looks like a formula, no value may begin with '='",
            "people.csv:2: last_name: '@SUM(A1)' looks like a formula, no value may begin with '@'",
            "people.csv:2: job_title: '-2' looks like a formula, no value may begin with '-'",
            "people.csv:3: first_name: '=CHAR(\"7\")' looks like a formula, no value may begin with '='",
            "people.csv:3: last_name: '+' looks like a formula, no value may begin with '+'",
            "people.csv:3: phone: '=1' looks like a formula, no value may begin with '='",
            "people.csv:4: first_name: '+27 21 555 0100' looks like a formula, no value may begin with '+'",
            "people.csv:4: phone: '+cmd|calc' looks like a formula, no value may begin with '+'",
        ),
    ),
    Malformed(
        "a quotation mark that is never closed",
        "people.csv",
        """\
key,first_name,last_name
E1,"Ann,Lee
E2,Bob,Ray
=E3,Cy,Moe
""",
        (
            "people.csv:2: first_name: a quotation mark opens and is not closed in this line",
            "people.csv:4: key: '=E3' looks like a formula, no value may begin with '='",
        ),
    ),
    Malformed(
        "a line break in a cell",
        "people.csv",
        """\
key,first_name,job_title
E1,Ann,"Head
of Ops"
""",
        (
            "people.csv:2: job_title: a quotation mark opens and is not closed in this line",
            "people.csv:3: has 1 cell, and the header has 3: a comma is missing",
        ),
    ),
    Malformed(
        "text behind a closing quotation mark",
        "people.csv",
        """\
key,first_name
E1,"Ann" Lee
""",
        ("people.csv:2: first_name: goes on behind its closing quotation mark, write marks within a value twice",),
    ),
    Malformed(
        "semicolons between the columns",
        "people.csv",
        """\
key;username;email
E1;ann;ann@example.org
""",
        ("people.csv:1: the columns are separated by semicolons, save it with commas",),
    ),
    Malformed(
        "tabs between the columns",
        "people.csv",
        """\
username\tkey\temail
ann\tE1\tann@example.org
""",
        ("people.csv:1: the columns are separated by tabs, save it with commas",),
    ),
    Malformed(
        "a first line for spreadsheets",
        "people.csv",
        """\
sep=,
key,username
E1,ann
""",
        ("people.csv:1: the line 'sep=,' is for spreadsheets only, remove it",),
    ),
    Malformed(
        "control characters",
        "people.csv",
        """\
key,username,first_name,last_name
E1,an\0n,Ann,Lee
E2,bob,"Bo\0b",Ray
E3,cy,\x1b[31mCy,Moe
E4,di,Di\x85e,Poe
""",
        (
            "people.csv:2: username: holds the control character U+0000, remove it",
            "people.csv:3: first_name: holds the control character U+0000, remove it",
            "people.csv:4: first_name: holds the control character U+001B, remove it",
            "people.csv:5: first_name: holds the control character U+0085, remove it",
        ),
    ),
    Malformed(
        "invisible characters",
        "people.csv",
        """\
key,username,first_name
E1,ann\u200b,Ann
E2,bob\u00adray,Bob
E3,c\u00a0y,Cy
E4,di,\u202eeiD
""",
        (
            "people.csv:2: username: holds the invisible character U+200B, remove it",
            "people.csv:3: username: holds the invisible character U+00AD, remove it",
            "people.csv:4: username: holds the invisible character U+00A0, remove it",
            "people.csv:5: first_name: holds the invisible character U+202E, remove it",
        ),
    ),
    Malformed(
        "what spreadsheets make of numbers",
        "people.csv",
        """\
key,username,email,manager,phone,mobile
1.00E+05,a1,a1@example.org,E9,+27 21 555 0100,5.55E+10
100003.0,b2,b2@example.org,"1,00E+05",27215550100.0,
E3,"12,00",c3@example.org,100003.00,,
""",
        (
            f"people.csv:2: key: '1.00E+05' {ROUNDED}",
            f"people.csv:2: mobile: '5.55E+10' {ROUNDED}",
            f"people.csv:3: key: '100003.0' {ROUNDED}",
            f"people.csv:3: manager: '1,00E+05' {ROUNDED}",
            f"people.csv:3: phone: '27215550100.0' {ROUNDED}",
            f"people.csv:4: username: '12,00' {ROUNDED}",
            f"people.csv:4: manager: '100003.00' {ROUNDED}",
        ),
    ),
    Malformed(
        "what spreadsheets show instead of values",
        "people.csv",
        """\
key,username,first_name,department
#N/A,a1,Ann,#REF!
########,b2,#VALUE!,#name?
E3,#DIV/0!,Cy,##
""",
        (
            f"people.csv:2: key: '#N/A' {SHEET_ERROR}",
            f"people.csv:2: department: '#REF!' {SHEET_ERROR}",
            f"people.csv:3: key: '########' {SHEET_ERROR}",
            f"people.csv:3: first_name: '#VALUE!' {SHEET_ERROR}",
            f"people.csv:3: department: '#name?' {SHEET_ERROR}",
            f"people.csv:4: username: '#DIV/0!' {SHEET_ERROR}",
            f"people.csv:4: department: '##' {SHEET_ERROR}",
        ),
    ),
    Malformed(
        "a character that was lost",
        "people.csv",
        """\
key,username,first_name
E1,ann,Ren\ufffd
E2,b\ufffdb,Bob
""",
        (
            f"people.csv:2: first_name: 'Ren\ufffd' {LOST}",
            f"people.csv:3: username: 'b\ufffdb' {LOST}",
        ),
    ),
    Malformed(
        "a login of one portal that a spreadsheet has damaged",
        "people.yml",
        """\
- key: '100003'
  accounts:
    clc: {username: '1.0E+05', id: '100003.0'}
""",
        (
            f"people.yml:3: accounts.clc.username: '1.0E+05' {ROUNDED}",
            f"people.yml:3: accounts.clc.id: '100003.0' {ROUNDED}",
        ),
    ),
    Malformed(
        "Latin-1",
        "people.csv",
        "key,first_name\nE1,Ann\nE2,René\nE3,Zoë\n".encode("latin-1"),
        (
            "people.csv:3: first_name: the byte 0xE9 is not UTF-8 ('é' in Windows-1252), save the file as UTF-8",
            "people.csv:4: first_name: the byte 0xEB is not UTF-8 ('ë' in Windows-1252), save the file as UTF-8",
        ),
    ),
    Malformed(
        "UTF-16",
        "people.csv",
        "key,username\nE1,ann\n".encode("utf-16"),
        ("people.csv: is UTF-16 text, save it as UTF-8 (Excel: 'CSV UTF-8')",),
    ),
    Malformed(
        "UTF-16 without a mark",
        "people.csv",
        "key,username\nE1,ann\n".encode("utf-16-le"),
        ("people.csv: is UTF-16 text, save it as UTF-8 (Excel: 'CSV UTF-8')",),
    ),
    Malformed(
        "UTF-32",
        "people.csv",
        "key,username\nE1,ann\n".encode("utf-32"),
        ("people.csv: is UTF-32 text, save it as UTF-8",),
    ),
    Malformed(
        "a spreadsheet",
        "people.csv",
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + bytes(range(256)),
        ("people.csv: is a spreadsheet, a document or an archive, save the sheet as CSV in UTF-8",),
    ),
    Malformed(
        "another binary",
        "people.csv",
        bytes(range(256)) * 4,
        ("people.csv: is not text but binary",),
    ),
    Malformed(
        "a spreadsheet by its name",
        "people.xlsx",
        """\
key,username
E1,ann
""",
        ("people.xlsx: has a name that does not end in .csv, .yml, .yaml or .json",),
    ),
    Malformed(
        "an encrypted file",
        "people.yml",
        """\
$ANSIBLE_VAULT;1.1;AES256
6162636465666768
""",
        ("people.yml: is encrypted by ansible-vault, give it in clear: a roster holds no secrets",),
    ),
    Malformed(
        "an empty file",
        "people.csv",
        "",
        ("people.csv: is empty, and an empty roster stops",),
    ),
    Malformed(
        "a file of blanks",
        "people.csv",
        " \n\n",
        ("people.csv: is empty, and an empty roster stops",),
    ),
    Malformed(
        "a byte-order mark alone",
        "people.csv",
        "\ufeff",
        ("people.csv: is empty, and an empty roster stops",),
    ),
    Malformed(
        "a header alone",
        "people.csv",
        """\
key,username,email
""",
        ("people.csv: holds no people (0 rows), and an empty roster stops",),
    ),
    Malformed(
        "a text that is too long",
        "people.csv",
        "key,job_title\nE1," + "x" * 1001 + "\n",
        ("people.csv:2: job_title: has 1001 characters, 1000 at most are accepted",),
    ),
    Malformed(
        "JSON under the name of CSV",
        "people.csv",
        """\
[{"key": "E1"}]
""",
        ("people.csv:1: is not CSV but looks like JSON or YAML, name it .json or .yml",),
    ),
    Malformed(
        "many errors at once",
        "people.csv",
        """\
key,username,email,status,start,profiles,shoe
E1,ann,x,active,soon,server_operator,44
,Ann,ann@example.org,gone,,pki,
E1,bob,ann@example.org,,,,
""",
        (
            "people.csv:1: shoe: 'shoe' is not a known column, did you mean 'phone'?",
            "people.csv:2: email: 'x' is not an e-mail address, write it as name@example.org",
            "people.csv:2: start: 'soon' is not a date, write it as 2026-12-31",
            "people.csv:3: profiles: 'pki' is not a known profile, known are server_operator, pki_operator",
            "people.csv:3: key: is missing, it is required",
            "people.csv:3: status: 'gone' is not a status, use active, leave or leaver",
            "people.csv:3: username: 'Ann' stands in line 2 already",
            "people.csv:4: key: 'E1' stands in line 2 already",
            "people.csv:4: email: 'ann@example.org' stands in line 3 already",
        ),
    ),
    Malformed(
        "an empty YAML file",
        "people.yml",
        "# nobody yet\n",
        ("people.yml: must hold a list of people, and holds nothing",),
    ),
    Malformed(
        "an empty YAML list",
        "people.yml",
        """\
---
[]
""",
        ("people.yml: holds no people (0 rows), and an empty roster stops",),
    ),
    Malformed(
        "a YAML mapping instead of a list",
        "people.yml",
        """\
people:
  - key: E1
""",
        ("people.yml:1: must hold a list of people, and holds a mapping",),
    ),
    Malformed(
        "YAML text instead of a list",
        "people.yml",
        """\
key,username
E1,ann
""",
        ("people.yml:1: must hold a list of people, and holds text",),
    ),
    Malformed(
        "an entry that is no mapping",
        "people.yml",
        """\
- key: E1
- E2
- [key, E3]
""",
        (
            "people.yml:2: a mapping of fields is wanted for each person, and here is text",
            "people.yml:3: a mapping of fields is wanted for each person, and here is a list",
        ),
    ),
    Malformed(
        "an unknown field in YAML",
        "people.yml",
        """\
- key: E1
  fist_name: Ann
- key: E2
  1: one
""",
        (
            "people.yml:2: fist_name: 'fist_name' is not a known field, did you mean 'first_name'?",
            "people.yml:4: 1: '1' is not a known field",
        ),
    ),
    Malformed(
        "numbers where text is wanted",
        "people.yml",
        """\
- key: 0123
  phone: +27215550100
- key: 1e3
  mobile: 0205:55
- key: "0123"
""",
        (
            'people.yml:1: key: 0123 is read as a number, put it in quotes: "0123"',
            'people.yml:2: phone: +27215550100 is read as a number, put it in quotes: "+27215550100"',
        ),
    ),
    Malformed(
        "booleans where text is wanted",
        "people.yml",
        """\
- key: yes
- key: E2
  company: NO
""",
        (
            'people.yml:1: key: yes is read as a boolean, put it in quotes: "yes"',
            'people.yml:3: company: NO is read as a boolean, put it in quotes: "NO"',
        ),
    ),
    Malformed(
        "dates where text is wanted",
        "people.yml",
        """\
- key: 2026-01-01
  start: 2026-01-01
- key: E2
  start: 2026-01-01 10:00:00
""",
        (
            'people.yml:1: key: 2026-01-01 is read as a date, put it in quotes: "2026-01-01"',
            "people.yml:4: start: '2026-01-01 10:00:00' is not a date, write it as 2026-12-31",
        ),
    ),
    Malformed(
        "lists and mappings where text is wanted",
        "people.yml",
        """\
- key: [E1]
- key: E2
  email:
    work: ann@example.org
""",
        (
            "people.yml:1: key: holds a list, text is wanted",
            "people.yml:4: email: holds a mapping, text is wanted",
        ),
    ),
    Malformed(
        "a YAML field that stands twice",
        "people.yml",
        """\
- key: E1
  email: ann@example.org
  username: ann
  email: ann@example.org
""",
        ("people.yml:4: email: is given twice, first in line 2",),
    ),
    Malformed(
        "a YAML alias",
        "people.yml",
        """\
- key: E1
  manager: &boss E9
- key: E2
  manager: *boss
- &three
  key: E3
- <<: *three
  key: E4
""",
        (
            "people.yml:2: manager: the anchor &boss is not allowed, remove it or put the text in quotes",
            "people.yml:4: manager: the alias *boss is not allowed, write the value out",
            "people.yml:7: <<: is a merge key, which is not allowed, write out what it stands for",
        ),
    ),
    Malformed(
        "a YAML alias bomb",
        "people.yml",
        """\
- &a [x, x, x, x, x, x, x, x, x]
- &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
- &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
- key: E1
  profiles: *c
""",
        (
            "people.yml:1: a mapping of fields is wanted for each person, and here is a list",
            "people.yml:2: a mapping of fields is wanted for each person, and here is a list",
            "people.yml:3: a mapping of fields is wanted for each person, and here is a list",
            "people.yml:5: profiles: the alias *c is not allowed, write the value out",
        ),
    ),
    Malformed(
        "deep nesting in YAML",
        "people.yml",
        "- key: E1\n  accounts: " + "[" * 5000 + "]" * 5000 + "\n",
        ("people.yml:2: is nested more than 12 levels deep",),
    ),
    Malformed(
        "YAML tags",
        "people.yml",
        """\
- key: !!python/object/apply:os.system [id]
- key: !!python/name:os.system
  username: !vault |
    $ANSIBLE_VAULT;1.1;AES256
- !!set {key}
- key: !!int "3"
""",
        (
            "people.yml:1: key: the tag !!python/object/apply:os.system is not allowed, remove it",
            "people.yml:2: key: the tag !!python/name:os.system is not allowed, remove it",
            "people.yml:3: username: is vaulted, and a roster holds no secrets, give it in clear",
            "people.yml:5: the tag !!set is not allowed, remove it",
            "people.yml:6: key: the tag !!int is not allowed, remove it",
        ),
    ),
    Malformed(
        "broken YAML",
        "people.yml",
        """\
- key: E1
  email: x
- key: E2
   email: ann@example.org
""",
        (
            "people.yml:2: email: 'x' is not an e-mail address, write it as name@example.org",
            "people.yml:4: is not valid YAML: mapping values are not allowed in this context",
        ),
    ),
    Malformed(
        "a quotation mark that is never closed in YAML",
        "people.yml",
        """\
- key: "E1
  email: ann@example.org
""",
        ("people.yml:3: is not valid YAML: found unexpected end of stream (from line 1 on)",),
    ),
    Malformed(
        "tabs in YAML",
        "people.yml",
        """\
- key: E1
\temail: ann@example.org
""",
        ("people.yml:2: is not valid YAML: found a tab character that violates indentation (from line 1 on)",),
    ),
    Malformed(
        "two YAML documents",
        "people.yml",
        """\
- key: E1
---
- key: E2
""",
        ("people.yml:2: a second document begins here, write one list",),
    ),
    Malformed(
        "control characters in YAML",
        "people.yml",
        """\
- key: E1
  username: "an\\0n"
- key: E2
  username: "b\x07ob"
""",
        ("people.yml:4: holds the control character U+0007, remove it",),
    ),
    Malformed(
        "escaped control characters in YAML",
        "people.yml",
        """\
- key: "E\\e1"
  username: "an\\0n"
""",
        (
            "people.yml:1: key: holds the control character U+001B, remove it",
            "people.yml:2: username: holds the control character U+0000, remove it",
        ),
    ),
    Malformed(
        "Latin-1 in YAML",
        "people.yml",
        "- key: E1\n  first_name: René\n".encode("latin-1"),
        ("people.yml:2: the byte 0xE9 is not UTF-8 ('é' in Windows-1252), save the file as UTF-8",),
    ),
    Malformed(
        "an unknown portal",
        "people.yml",
        """\
- key: E1
  accounts:
    clc: {title: Head}
    digicert_eu: {role: manager}
""",
        ("people.yml:4: accounts.digicert_eu: 'digicert_eu' is not a known portal, did you mean 'digicert_us'?",),
    ),
    Malformed(
        "accounts of other kinds",
        "people.yml",
        """\
- key: E1
  accounts: [clc]
- key: E2
  accounts:
    clc: Head
- key: E3
  accounts:
    clc: {title: =1+1, office_number: 010, roles: [server_operator, ~], rank: 1.5}
""",
        (
            "people.yml:2: accounts: a mapping is wanted, and here is a list",
            "people.yml:5: accounts.clc: a mapping is wanted, and here is text",
            "people.yml:8: accounts.clc.title: '=1+1' looks like a formula, no value may begin with '='",
            'people.yml:8: accounts.clc.office_number: 010 is read as a number, put it in quotes: "010"',
            "people.yml:8: accounts.clc.roles: has no value",
            'people.yml:8: accounts.clc.rank: 1.5 is read as a number, put it in quotes: "1.5"',
        ),
    ),
    Malformed(
        "a secret",
        "people.yml",
        """\
- key: E1
  accounts:
    cloudcenter: {password: hunter22}
""",
        ("people.yml:3: accounts.cloudcenter.password: a roster holds no secrets, remove it",),
    ),
    Malformed(
        "an unknown profile in a list",
        "people.yml",
        """\
- key: E1
  profiles:
    - server_operator
    - 7
    - pki_oprator
""",
        (
            'people.yml:4: profiles: 7 is read as a number, put it in quotes: "7"',
            "people.yml:5: profiles: 'pki_oprator' is not a known profile, did you mean 'pki_operator'?",
        ),
    ),
    Malformed(
        "duplicates in YAML",
        "people.yml",
        """\
- key: E1
  username: ann
- username: ANN
  key: E1
""",
        (
            "people.yml:3: username: 'ANN' stands in line 2 already",
            "people.yml:4: key: 'E1' stands in line 1 already",
        ),
    ),
    Malformed(
        "an empty JSON file",
        "people.json",
        "",
        ("people.json: is empty, and an empty roster stops",),
    ),
    Malformed(
        "an empty JSON list",
        "people.json",
        "[]\n",
        ("people.json: holds no people (0 rows), and an empty roster stops",),
    ),
    Malformed(
        "a JSON mapping instead of a list",
        "people.json",
        """\
{"people": [{"key": "E1"}]}
""",
        ("people.json:1: must hold a list of people, and holds a mapping",),
    ),
    Malformed(
        "a JSON field that stands twice",
        "people.json",
        """\
[
  {"key": "E1",
   "email": "ann@example.org",
   "email": "bob@example.org"}
]
""",
        ("people.json:4: email: is given twice, first in line 3",),
    ),
    Malformed(
        "JSON values of other kinds",
        "people.json",
        """\
[
  {"key": 1, "email": null, "username": true},
  {"key": "E2", "first_name": ["Ann"], "manager": {"key": "E1"}},
  {"key": "E3", "start": 2026}
]
""",
        (
            'people.json:2: key: 1 is read as a number, put it in quotes: "1"',
            'people.json:2: username: true is read as a boolean, put it in quotes: "true"',
            "people.json:3: first_name: holds a list, text is wanted",
            "people.json:3: manager: holds a mapping, text is wanted",
            'people.json:4: start: 2026 is read as a number, put it in quotes: "2026"',
        ),
    ),
    Malformed(
        "duplicates in one line of JSON",
        "people.json",
        """\
[{"key": "E1", "email": "ann@example.org"}, {"key": "E2", "email": "Ann@example.org"}]
""",
        ("people.json:1: email: 'Ann@example.org' stands in line 1 already",),
    ),
    Malformed(
        "a comma too many in JSON",
        "people.json",
        """\
[
  {"key": "E1", "email": "x"},
]
""",
        (
            "people.json:2: email: 'x' is not an e-mail address, write it as name@example.org",
            "people.json:3: is not valid JSON: ']' stands where a value belongs",
        ),
    ),
    Malformed(
        "a comma too few in JSON",
        "people.json",
        """\
[
  {"key": "E1"
   "email": "ann@example.org"}
]
""",
        ("people.json:3: is not valid JSON: '\"' stands where ',' or '}' belongs",),
    ),
    Malformed(
        "single quotation marks in JSON",
        "people.json",
        """\
[{'key': 'E1'}]
""",
        ('people.json:1: is not valid JSON: "\'" stands where a name in double quotation marks belongs',),
    ),
    Malformed(
        "numbers that are none in JSON",
        "people.json",
        """\
[{"key": NaN}]
""",
        ("people.json:1: is not valid JSON: 'NaN' stands where a value belongs",),
    ),
    Malformed(
        "JSON that ends too early",
        "people.json",
        """\
[
  {"key": "E1"},
  {"key": "E2
""",
        ("people.json:3: is not valid JSON: a quotation mark opens and is not closed in this line",),
    ),
    Malformed(
        "text behind the JSON list",
        "people.json",
        """\
[{"key": "E1"}]
[{"key": "E2"}]
""",
        ("people.json:2: is not valid JSON: '[' stands where the end of the file belongs",),
    ),
    Malformed(
        "deep nesting in JSON",
        "people.json",
        '[{"key": "E1", "accounts": ' + '{"clc":' * 5000 + "1" + "}" * 5000 + "}]",
        ("people.json:1: is nested more than 12 levels deep",),
    ),
    Malformed(
        "half a character in JSON",
        "people.json",
        '[{"key": "E1", "first_name": "\\ud83d", "username": "an\\u0000n"}]\n',
        (
            "people.json:1: first_name: holds half a character, U+D83D, remove it",
            "people.json:1: username: holds the control character U+0000, remove it",
        ),
    ),
    Malformed(
        "grants with days that are none, or of profiles that are not known, in CSV",
        "people.csv",
        """\
key,profiles
E1,server_operator@31.12.2026
E2,pki_operatr@2026-12-31;server_operator@2026-02-30
E3,server_operator;server_operator@2026-12-31
""",
        (
            "people.csv:2: profiles: 'server_operator': '31.12.2026' is not a date, write it as 2026-12-31",
            "people.csv:3: profiles: 'pki_operatr' is not a known profile, did you mean 'pki_operator'?",
            "people.csv:3: profiles: 'server_operator': '2026-02-30' is a day that does not exist",
            "people.csv:4: profiles: 'server_operator' is given without any limit, too, remove one of them",
        ),
    ),
    Malformed(
        "grants that end before they begin, or say what no grant says",
        "people.yml",
        """\
- key: E1
  profiles:
    - {profile: server_operator, from: 2026-07-01, until: 2026-06-30}
    - {profile: pki_operator, to: 2026-06-30}
    - {from: 2026-06-30}
    - {profile: pki_operator, portals: [clc_pord]}
""",
        (
            "people.yml:3: profiles: the grant of 'server_operator' ends on 2026-06-30, before it begins on 2026-07-01",
            "people.yml:4: profiles: 'to' is not a known member of a grant, known are profile, from, until, portals",
            "people.yml:5: profiles: profile is missing, the name of what is granted",
            "people.yml:6: profiles.portals: 'clc_pord' is not a known portal, did you mean 'clc_prod'?",
        ),
    ),
)
