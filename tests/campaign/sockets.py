# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m campaign.sockets`: the campaign over real sockets, with TLS and through a real forward proxy."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.portal.users.plugins.module_utils._core import entry
from ansible_collections.portal.users.plugins.module_utils._core.throttle import Clock
from simulator.server import serve

from .draw import draw
from .judge import play
from .world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .draw import Case
    from .world import Facts

OUTPUT = Path(__file__).absolute().parents[1] / "output" / "campaign-sockets.json"
PROXY = "tinyproxy"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
# What only an invented clock makes fast, and what a socket cannot do.
LEFT_OUT = frozenset(("slow", "drip", "silence", "late", "refused"))
RATES = frozenset(("rate_limit", "read_limit", "write_limit"))
MODES = ("tls", "http", "tls, proxy as option", "http, proxy as option", "tls, proxy in the environment")
CONFIGURATION = """\
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
Timeout 60
MaxClients 100
LogFile "{log}"
LogLevel Connect
DisableViaHeader Yes
"""


class QuickClock(Clock):
    """Twenty seconds in one, so that waiting is short and still real."""

    pace = 20.0

    def now(self) -> float:
        return time.monotonic() * self.pace

    def sleep(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0) / self.pace)

    def __call__(self) -> float:
        return self.now()


class SocketWorld(World):
    """A portal behind a port."""

    exact = False

    def __init__(self, name: str, *, tls: bool, proxy: str | None) -> None:
        super().__init__(name, QuickClock())
        self.server = serve({name: self.simulator}, tls=tls)
        self.proxy = proxy

    def way(self) -> Facts:
        found: Facts = {"api_url": self.server.urls[self.name], "timeout": 20.0}
        if self.server.ca_path:
            found["ca_path"] = self.server.ca_path
        if self.proxy:
            found["http_proxy"] = self.proxy
        return found

    def context(self) -> entry.Context:
        return entry.Context(clock=self.clock)


def install() -> bool:
    """Make sure that there is a proxy; only the administrator of a Debian system can be helped to one."""
    if shutil.which(PROXY):
        return True
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    order = ["apt-get", "install", "--yes", "--no-install-recommends", PROXY]
    if subprocess.run(order, check=False, env=env, **quiet).returncode != 0:
        subprocess.run(["apt-get", "update"], check=False, env=env, **quiet)
        subprocess.run(order, check=False, env=env, **quiet)
    return shutil.which(PROXY) is not None


class Proxy:
    """A running forward proxy."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self._log = folder / "proxy.log"
        configuration = folder / "proxy.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port, log=self._log), encoding="utf-8")
        self._child = subprocess.Popen([str(shutil.which(PROXY)), "-d", "-c", str(configuration)])
        for _attempt in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"{PROXY} does not answer")

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """The number of connections that went through."""
        text = self._log.read_text("utf-8", "replace") if self._log.exists() else ""
        return text.count("Established connection to host")

    def stop(self) -> None:
        """End the proxy."""
        self._child.terminate()
        self._child.wait(10)


@contextlib.contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set these variables, and none of the person's own that say anything about proxies."""
    names = {name for name in os.environ if name.lower() in VARIABLES}
    old = {name: os.environ.pop(name) for name in names}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
        os.environ.update(old)


def fit(case: Case) -> Case:
    """Return a case with what can happen on a socket in little time."""
    switches = {name: value for name, value in case["switches"].items() if name not in RATES}
    faults = [fault for fault in case["faults"] if fault["kind"] not in LEFT_OUT]
    return {**case, "switches": switches, "faults": faults}


def stretch(mode: str, seed: int, numbers: range, proxy: Proxy | None) -> Facts:
    """Play some cases in one mode and return their figures."""
    tls, option = mode.startswith("tls"), "option" in mode
    worlds: dict[str, SocketWorld] = {}
    faults: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    wrong: list[str] = []
    before = proxy.connections if proxy else 0
    variables = {"https_proxy": proxy.url, "http_proxy": proxy.url} if proxy and "environment" in mode else {}
    began = time.monotonic()
    try:
        with environment(**variables):
            for number in numbers:
                case = fit(draw(seed, number))
                name = case["portal"]
                if name not in worlds:
                    worlds[name] = SocketWorld(name, tls=tls, proxy=proxy.url if proxy and option else None)
                verdict = play(worlds[name], case)
                faults.update(verdict.faults)
                notes.update(verdict.notes)
                wrong.extend(f"{kind} in run {number} of seed {seed}: {text}" for kind, text in verdict.wrong)
        accepted = sum(world.server.accepted for world in worlds.values())
    finally:
        for world in worlds.values():
            world.server.stop()
    through = proxy.connections - before if proxy else 0
    if "proxy" in mode and not through:
        wrong.append("nothing went through the proxy")
    return {
        "runs": len(numbers),
        "faults_injected": sum(faults.values()),
        "second_posts": notes["second_posts"],
        "connections": accepted,
        "connections_through_the_proxy": through,
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> int:
    """Play a part of the campaign in each mode; the exit code says whether all promises were kept."""
    parser = argparse.ArgumentParser(prog="campaign.sockets", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=400, help="in all modes together")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    share = max(1, options.runs // len(MODES))
    found: dict[str, Any] = {"seed": options.seed, "modes": {}}
    able = install()
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        proxy = Proxy(Path(folder)) if able else None
        try:
            for place, mode in enumerate(MODES):
                if "proxy" in mode and proxy is None:
                    print(f"{mode}: NOT RUN, there is no {PROXY} here (apt-get install {PROXY})")
                    continue
                numbers = range(place * share, (place + 1) * share)
                found["modes"][mode] = one = stretch(mode, options.seed, numbers, proxy)
                print(
                    f"{mode:32}{one['runs']:>6} runs{one['faults_injected']:>6} faults{one['second_posts']:>5} second "
                    f"POSTs{one['connections']:>7} connections ({one['connections_through_the_proxy']} through the "
                    f"proxy){len(one['wrong']):>4} wrong{one['seconds']:>8} s",
                    flush=True,
                )
                for text in one["wrong"]:
                    print(f"  {text}")
        finally:
            if proxy is not None:
                proxy.stop()
    found["runs"] = sum(one["runs"] for one in found["modes"].values())
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 1 if any(one["wrong"] for one in found["modes"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
