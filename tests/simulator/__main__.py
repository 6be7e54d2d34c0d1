# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the simulator: `python -m simulator` prints an address and credentials per portal."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .base import PortalSimulator, parse_switch
from .faults import KINDS
from .portals import NAMES, make, portal_class
from .server import Server, serve

if TYPE_CHECKING:
    from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    found = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Simulate the portals on loopback: one port each, no access to anything outside. "
        "Running it prints the address, the credentials and the environment variables of each portal.",
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--portal", action="append", choices=NAMES, help="only this portal; repeatable; default: all")
    found.add_argument("--tls", action="store_true", help="serve HTTPS with a test CA of its own")
    found.add_argument("--accounts", type=int, default=0, metavar="N", help="seed N more accounts per portal")
    found.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds added to each request")
    found.add_argument("--state", metavar="FILE", help="keep accounts in this SQLite file")
    found.add_argument("--port-base", type=int, default=0, metavar="PORT", help="first port; default: any free ones")
    found.add_argument(
        "--switch", action="append", default=[], metavar="PORTAL.NAME=VALUE", help="set a switch; repeatable"
    )
    found.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="JSON",
        help='for example {"portal": "clc", "kind": "lost_answer", "operation": "create user"}; repeatable',
    )
    found.add_argument(
        "--ready-file", metavar="PATH", help="write addresses and credentials there, as JSON, once ready"
    )
    found.add_argument("--parent-pid", type=int, metavar="PID", help="end when this process is gone")
    found.add_argument("--json", action="store_true", help="print addresses and credentials as JSON")
    return found


def _epilog() -> str:
    lines = ["switches (default first; a word such as int means any value of that type):"]
    for name in NAMES:
        portal = portal_class(name)
        for switch, allowed in portal.SWITCHES.items():
            values = " | ".join(one.__name__ if isinstance(one, type) else json.dumps(one) for one in allowed)
            lines.append(f"  {name}.{switch} = {values}")
            if switch in portal.NOTES:
                lines.append(f"      {portal.NOTES[switch]}")
    lines.append("faults:")
    for kind, params in sorted(KINDS.items()):
        if kind != "race":
            lines.append(f"  {kind}({', '.join(params)})")
    lines.append("  every fault also takes operation, effect, after, times, contains")
    lines.append("control, on each port, without credentials:")
    lines.append("  GET|DELETE /_simulator/ledger, GET|POST /_simulator/accounts, GET|POST /_simulator/switches,")
    lines.append("  GET|POST|DELETE /_simulator/faults, GET|DELETE /_simulator/mails, POST /_simulator/reset")
    return "\n".join(lines)


def build(arguments: argparse.Namespace) -> dict[str, PortalSimulator]:
    """Make the simulators that the command line asks for."""
    sims = {
        name: make(name, accounts=arguments.accounts, database=arguments.state)
        for name in dict.fromkeys(arguments.portal or NAMES)
    }
    for text in arguments.switch:
        target, equals, value = text.partition("=")
        portal, dot, name = target.partition(".")
        if not (equals and dot) or portal not in sims:
            raise ValueError(f"--switch {text}: expected PORTAL.NAME=VALUE for a portal that runs")
        sims[portal].set(**{name: parse_switch(sims[portal].SWITCHES.get(name, ()), value)})
    for text in arguments.fault:
        fault = json.loads(text)
        if not isinstance(fault, dict) or fault.get("portal") not in sims:
            raise ValueError(f"--fault {text}: expected a JSON object whose portal runs")
        sims[fault.pop("portal")].faults.add(**fault)
    return sims


def describe(server: Server) -> dict[str, Any]:
    """Return addresses and credentials of all portals."""
    found: dict[str, Any] = {
        name: {"url": server.urls[name], "credentials": sim.credentials(), "environment": sim.environment()}
        for name, sim in server.sims.items()
    }
    found["ca_path"] = server.ca_path
    found["pid"] = os.getpid()
    return found


def show(found: dict[str, Any]) -> str:
    """Return addresses and credentials for a person."""
    lines = []
    for name, portal in found.items():
        if not isinstance(portal, dict):
            continue
        lines.append(f"{name}  {portal['url']}")
        lines.extend(f"  {option}: {value}" for option, value in portal["credentials"].items())
        lines.extend(f"  export {variable}={_quoted(value)}" for variable, value in portal["environment"].items())
        if found["ca_path"]:
            lines.append(f"  export {name.upper()}_CA_PATH={_quoted(found['ca_path'])}")
        lines.append("")
    lines.append(f"Running as process {found['pid']}; Ctrl-C ends it.")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def write(path: str, found: dict[str, Any]) -> None:
    """Write the ready file at once and for the owner's eyes only."""
    draft = Path(f"{path}.{os.getpid()}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(found, stream, indent=1)
    draft.replace(path)


def alive(pid: int) -> bool:
    """Tell whether a process still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state != "Z"


def main(argv: Sequence[str] | None = None) -> int:
    """Run until a signal comes or the parent is gone."""
    arguments = parser().parse_args(argv)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_details: over.set())
    try:
        sims = build(arguments)
        server = serve(sims, port=arguments.port_base, tls=arguments.tls, latency=arguments.latency / 1000)
    except (ValueError, TypeError, OSError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    except SystemExit:
        print(f"simulator: port {arguments.port_base} or one after it is taken", file=sys.stderr)
        return 2
    try:
        found = describe(server)
        print(json.dumps(found) if arguments.json else show(found), flush=True)
        if arguments.ready_file:
            write(arguments.ready_file, found)
        while not over.wait(0.25):
            if arguments.parent_pid and not alive(arguments.parent_pid):
                break
    finally:
        server.stop()
        for sim in sims.values():
            sim.close()
        if arguments.ready_file:
            Path(arguments.ready_file).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
