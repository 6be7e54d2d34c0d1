# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the portals share: routing with declared effects, switches, faults, the ledger and the control paths."""

from __future__ import annotations

import abc
import json
import random
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import responses
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import parse_qsl

import flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule

from .faults import TERMINAL, Fault, Faults, Hit
from .ledger import CREDENTIAL_HEADERS, READ, SESSION, WRITE, Entry, Ledger, masked
from .store import Row, Store, Table

if TYPE_CHECKING:
    import socket

__all__ = [
    "READ",
    "SESSION",
    "WRITE",
    "Answer",
    "Entry",
    "Hangup",
    "ManualClock",
    "Outcome",
    "Person",
    "PortalSimulator",
    "Row",
    "Switches",
    "Table",
    "parse_switch",
    "people",
    "route",
]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Function = TypeVar("Function", bound=Callable[..., Any])

CONTROL = "/_simulator"
UNKNOWN = "unknown"
HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body><h1>{title}</h1><p>{text}</p></body></html>\n"

FIRST = (
    "Amahle Bjørn Chloé Dmitri Élodie Fatima Grzegorz Hiroshi Íñigo Jasmin Kwame Łukasz María Nguyễn Oluwaseun Priya "
    "Quentin Rosa Søren Thandi Uğur Valentina Wanjiru Xénia Yusuf Zoë Anna Ben Carla David"
)
LAST = (
    "Adeyemi Brontë Čapek Díaz Eriksson Fischer Großmann Hernández Ivanović Jørgensen Kowalski Lévesque Mokoena Núñez "
    "O'Neill Popescu Quispe Rodríguez Šimić Tanaka Ünal Virtanen Wójcik Xu Yılmaz Žižek Baker Chen Dlamini Evans Frost"
)
FIRST_NAMES = FIRST.split()
LAST_NAMES = LAST.split()


@dataclass(frozen=True)
class Person:
    """Somebody for a bulk seed."""

    number: int
    login: str
    first_name: str
    last_name: str


def people(count: int) -> Iterator[Person]:
    """Yield deterministic people; their logins are e-mail addresses too."""
    for number in range(1, count + 1):
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
        yield Person(number, f"user{number:05d}@bulk.example", first, last)


class ManualClock:
    """A clock that stands still until somebody advances it."""

    def __init__(self, now: float = 1_760_000_000.0) -> None:
        self.now = now
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.now += seconds

    sleep = advance


class Switches(dict[str, Any]):
    """The values of a portal's switches; a value that the portal does not know is refused."""

    def __init__(self, allowed: Mapping[str, tuple[Any, ...]]) -> None:
        super().__init__({name: values[0] for name, values in allowed.items()})
        self._allowed = allowed

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self._allowed:
            raise ValueError(f"unknown switch {name!r}; known are {', '.join(sorted(self._allowed))}")
        if not any(_fits(value, allowed) for allowed in self._allowed[name]):
            raise ValueError(f"switch {name!r} cannot be {value!r}; allowed: {_names(self._allowed[name])}")
        super().__setitem__(name, value)

    def reset(self) -> None:
        """Return to the defaults."""
        for name, values in self._allowed.items():
            super().__setitem__(name, values[0])


def _fits(value: Any, allowed: Any) -> bool:
    if isinstance(allowed, type):
        return isinstance(value, allowed) and not (isinstance(value, bool) and allowed is not bool)
    return type(value) is type(allowed) and bool(value == allowed)


def _names(values: Iterable[Any]) -> str:
    return ", ".join(value.__name__ if isinstance(value, type) else json.dumps(value) for value in values)


def parse_switch(allowed: tuple[Any, ...], text: str) -> Any:
    """Read a switch value as typed on a command line."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return value if any(_fits(value, one) for one in allowed) else text


@dataclass(frozen=True)
class Route:
    """One operation of a portal."""

    operation: str
    effect: str
    listing: bool = False


def route(
    methods: str | Iterable[str], rule: str, operation: str, effect: str, listing: bool = False
) -> Callable[[Function], Function]:
    """Declare that a method answers a path, under which name, and with which effect."""

    def declare(function: Function) -> Function:
        verbs = (methods,) if isinstance(methods, str) else tuple(methods)
        declared = [*getattr(function, "declared_routes", ()), (verbs, rule, Route(operation, effect, listing))]
        function.declared_routes = declared  # type: ignore[attr-defined] # a function takes attributes
        return function

    return declare


@dataclass
class Answer:
    """An HTTP answer, not yet on its way."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def reason(self) -> str:
        """Return the words of the status line."""
        return responses.get(self.status, "Unknown")

    def header(self, name: str, value: str | None) -> None:
        """Set a header, or remove it."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    def replace(self, body: bytes, content_type: str) -> None:
        """Give the answer another body."""
        self.body = body
        self.header("Content-Type", content_type)
        self.header("Content-Length", str(len(body)))


@dataclass
class Outcome:
    """An answer and the way it travels: `answer`, `refused`, `timeout`, `drop`, `reset`, `cut`, `silence`."""

    answer: Answer | None
    action: str = "answer"
    delay: float = 0.0
    pace: float = 0.0


class Hangup(ConnectionAbortedError):
    """The connection ends here without a further byte."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__("hung up")
        self.reset = reset


class PortalSimulator(abc.ABC):
    """One portal: a Flask application, its state, and what a test can do to it."""

    name: ClassVar[str]
    prefix: ClassVar[str] = ""
    # What a user writes behind the host in `api_url`.
    url_path: ClassVar[str] = ""
    SWITCHES: ClassVar[dict[str, tuple[Any, ...]]] = {}
    # What a switch is about, where its name and its positions do not say it.
    NOTES: ClassVar[dict[str, str]] = {}
    # The table that account listings read, for drifting pages.
    ACCOUNTS: ClassVar[str] = "users"
    _compiled: ClassVar[tuple[Map, dict[str, Route]]]
    _routes: dict[str, Route]

    def __init__(
        self, *, accounts: int = 0, clock: Callable[[], float] = time.time, seed: int = 1, database: str | None = None
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.latency = 0.0
        self.url = f"https://{self.name}.test{self.url_path}"
        # The files of a certificate and its key that a client may show; a server with TLS makes them.
        self.certificate = ("", "")
        self.switches = Switches(self.SWITCHES)
        self.ledger = Ledger()
        self.store = Store(self.name, database)
        self.faults = Faults(lambda: self.store.revision)
        self.mails: list[tuple[str, str]] = []
        self.strangers: list[str] = []
        self.accounts = accounts
        self.random = random.Random(seed)
        self._seed = seed
        self.declare()
        self.app = self._flask()
        self._matcher = self.app.url_map.bind("localhost")
        self.prepare()
        if not self.store.restore():
            self.populate(accounts)
        self.store.settle()

    @abc.abstractmethod
    def declare(self) -> None:
        """Declare the tables of the store."""

    @abc.abstractmethod
    def prepare(self) -> None:
        """Set what is neither in a table nor a switch: strangers, sessions, counters of requests."""

    @abc.abstractmethod
    def populate(self, accounts: int) -> None:
        """Fill the empty tables with the seed and this many accounts in bulk."""

    @abc.abstractmethod
    def credentials(self) -> dict[str, Any]:
        """Return credentials and scope as options of the module."""

    @abc.abstractmethod
    def accounts_by_key(self) -> dict[str, Row]:
        """Return the live accounts in the managed scope, by login (or by e-mail address where that is the key)."""

    @abc.abstractmethod
    def add_account(self, **attributes: Any) -> Row:
        """Store an account as if it had always been there; attributes bear the portal's own names."""

    def gate(self, found: Route | None) -> Any:
        """Return a refusal (credentials, rate limit) or None; called before each operation."""
        return None

    def missing(self, allowed: list[str]) -> Any:
        """Answer a path that the portal does not know, or does not know with this verb (then some are allowed)."""
        return flask.Response(responses[405 if allowed else 404] + "\n", 405 if allowed else 404, mimetype="text/plain")

    def normalise(self, path: str) -> str:
        """Return the form of a path that the routes are written in."""
        return path.rstrip("/") or "/"

    def envelope(self, code: Any, message: str, status: int | None) -> tuple[Any, int]:
        """Return an error in the portal's own form, with the HTTP status that it bears."""
        return {"error": {"code": code, "message": message}}, status or 400

    def fault_body(self, status: int) -> tuple[bytes, str]:
        """Return the body and content type of a fault's status when the test gave none."""
        return f"{responses.get(status, 'Fault')}\n".encode(), "text/plain; charset=utf-8"

    def forget_sessions(self) -> None:  # noqa: B027 - most portals have no logins, so it is optional
        """Forget every login; portals without logins have nothing to forget."""

    def sends_credential(self, environ: Environ, body: Any) -> bool:
        """Tell whether a request bears a credential."""
        return "HTTP_AUTHORIZATION" in environ or "HTTP_X_DC_DEVKEY" in environ

    def dump(self, payload: Any) -> str:
        """Write JSON as the portal does."""
        return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)

    def set(self, **values: Any) -> None:
        """Set switches."""
        with self.lock:
            for name, value in values.items():
                self.switches[name] = value

    def mail(self, kind: str, address: str) -> None:
        """Count a mail."""
        self.mails.append((kind, address))

    def identify(self, user: str) -> None:
        """Tell the ledger whose credential the current request bears."""
        flask.request.environ["simulator.user"] = user

    def environment(self, url: str | None = None) -> dict[str, str]:
        """Return credentials, scope and address as environment variables."""
        prefix = self.name.upper()
        found = {f"{prefix}_API_URL": url or self.url}
        found.update({f"{prefix}_{option.upper()}": str(value) for option, value in self.credentials().items()})
        return found

    def reset(self) -> None:
        """Return to the seed: state, switches, faults, ledger and mails."""
        with self.lock:
            self.switches.reset()
            self.faults.clear()
            self.ledger.clear()
            self.mails.clear()
            self.store.clear()
            self.random.seed(self._seed)
            self.prepare()
            self.populate(self.accounts)
            self.store.settle()

    def close(self) -> None:
        """Write and close the state file, if there is one."""
        with self.lock:
            self.store.close()

    def resolve(self, method: str, path: str) -> Route:
        """Return the operation that a request addresses."""
        try:
            endpoint, _arguments = self._matcher.match(self.normalise(path), method=method)
        except (NotFound, MethodNotAllowed, RequestRedirect):
            return Route(UNKNOWN, READ if method in ("GET", "HEAD", "OPTIONS") else WRITE)
        return self._routes[endpoint]

    def operation(self, method: str, path: str) -> str:
        """Return the name of the operation that a request addresses."""
        return self.resolve(method, path).operation

    def operations(self) -> dict[str, str]:
        """Return the names of all operations with their effects."""
        return {found.operation: found.effect for found in self._routes.values()}

    def handle(self, environ: Environ) -> Outcome:
        """Carry out one request under the faults that hit it, and enter it into the ledger."""
        method = environ["REQUEST_METHOD"]
        path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        body = _read(environ)
        if path == CONTROL or path.startswith(CONTROL + "/"):
            return Outcome(
                self._control(method, path[len(CONTROL) :].strip("/"), environ.get("QUERY_STRING", ""), body)
            )
        found = self.resolve(method, path)
        hit = self.faults.take(
            Hit(
                found.operation,
                found.effect,
                found.listing,
                self.store.revision,
                lambda: f"{path}?{environ.get('QUERY_STRING', '')} {body.decode('utf-8', 'replace')}",
            )
        )
        for fault in hit:
            if fault.kind == "race":
                fault.params["callable"]()
        refused = next((fault for fault in hit if fault.kind == "refused"), None)
        if refused is not None:
            # The request never arrives, so the ledger does not know it. A socket can only hang up instead.
            return Outcome(None, "timeout" if refused.params["timeout"] else "refused")
        with self.lock:
            outcome = self._carry_out(environ, path, body, found, hit)
        for fault in hit:
            if fault.kind == "slow":
                outcome.delay += fault.params["seconds"]
            elif fault.kind == "drip":
                outcome.pace = fault.params["seconds"]
        return outcome

    def wsgi(self) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
        """Return the WSGI application: the portal, disturbed by its faults, on a werkzeug server."""

        def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            stopping: threading.Event = environ.get("simulator.stopping") or threading.Event()
            if self.latency:
                time.sleep(self.latency)
            outcome = self.handle(environ)
            if outcome.delay and stopping.wait(outcome.delay):
                raise Hangup
            if outcome.action == "answer" and not outcome.pace and outcome.answer is not None:
                answer = outcome.answer
                start_response(f"{answer.status} {answer.reason}", answer.headers)
                return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]
            _disturb(outcome, environ, stopping)
            raise Hangup(reset=outcome.action == "reset")

        return application

    def _flask(self) -> flask.Flask:
        app = flask.Flask(f"simulator.{self.name}", static_folder=None)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        app.json.sort_keys = False  # type: ignore[attr-defined] # Flask's own provider has it
        # Compiling the routes takes longer than most tests, so that all simulators of a class share them.
        compiled: tuple[Map, dict[str, Route]] = vars(type(self)).get("_compiled") or self._compile()
        app.url_map, self._routes = compiled
        for endpoint, declared in self._routes.items():
            function = getattr(self, endpoint.partition(".")[0])
            app.view_functions[endpoint] = self._view(function, declared)
        app.register_error_handler(404, lambda error: self.respond(self.missing([])))
        app.register_error_handler(405, lambda error: self.respond(self.missing(sorted(error.valid_methods or ()))))
        return app

    def _compile(self) -> tuple[Map, dict[str, Route]]:
        kind = type(self)
        paths = Map(strict_slashes=False, merge_slashes=False)
        routes: dict[str, Route] = {}
        for attribute in dir(kind):
            declared = getattr(getattr(kind, attribute), "declared_routes", ())
            for number, (verbs, rule, found) in enumerate(declared):
                endpoint = f"{attribute}.{number}"
                routes[endpoint] = found
                paths.add(Rule(self.normalise(self.prefix + rule), endpoint=endpoint, methods=verbs))
        paths.update()
        kind._compiled = (paths, routes)
        return paths, routes

    def _view(self, function: Callable[..., Any], declared: Route) -> Callable[..., flask.Response]:
        def view(**arguments: Any) -> flask.Response:
            refusal = self.gate(declared)
            return self.respond(function(**arguments) if refusal is None else refusal)

        return view

    def respond(self, reply: Any) -> flask.Response:
        """Turn what an operation returned into a response: None, payload, or payload with status and headers."""
        if isinstance(reply, flask.Response):
            return reply
        payload, status, headers = reply, 200, {}
        if isinstance(reply, tuple):
            payload, status, headers = (*reply, {})[:3]
        if payload is None:
            response = flask.Response(status=204 if status == 200 else status)
            response.headers.pop("Content-Type", None)
        else:
            response = flask.Response(self.dump(payload), status, content_type=self.content_type())
        response.headers.extend(headers)
        return response

    def content_type(self) -> str:
        """Return the content type of a JSON answer."""
        return "application/json"

    def json_body(self) -> Any:
        """Return the JSON body of the current request, {} for none; ValueError when it is not JSON."""
        data = flask.request.get_data()
        return json.loads(data.decode("utf-8")) if data.strip() else {}

    def _carry_out(self, environ: Environ, path: str, body: bytes, found: Route, hit: list[Fault]) -> Outcome:
        final = next((fault for fault in hit if fault.kind in TERMINAL), None)
        for fault in hit:
            if fault.kind == "session_lost":
                self.forget_sessions()
            elif fault.kind == "page_drift":
                self.store.tables[self.ACCOUNTS].rotate(fault.params["forward"])
            elif fault.kind == "stale_list":
                self.store.look_back(fault.params["changes"], fault.armed)
        executed = final is None or _executes(final)
        before = self.store.revision, len(self.mails)
        self.store.begin()
        try:
            answer = self._execute(environ, path, body) if executed else None
        finally:
            self.store.end()
        outcome = self._disturbed(answer, final)
        for fault in hit:
            if fault.kind == "header" and outcome.answer is not None:
                outcome.answer.headers.append((fault.params["name"], fault.params["value"]))
        parsed = _parse(environ, body)
        self.ledger.add(
            time=self.clock(),
            method=environ["REQUEST_METHOD"],
            path=path,
            query=masked(_query(environ.get("QUERY_STRING", ""))),
            operation=found.operation,
            effect=found.effect,
            mutated=before != (self.store.revision, len(self.mails)),
            executed=executed,
            status=outcome.answer.status if outcome.answer is not None else None,
            fault=",".join(fault.kind for fault in hit) or None,
            credential=self.sends_credential(environ, parsed),
            user=environ.get("simulator.user"),
            body=masked(parsed),
            headers=_headers(environ),
            bytes_in=len(body),
            bytes_out=len(outcome.answer.body) if outcome.answer is not None else 0,
        )
        return outcome

    def _execute(self, environ: Environ, path: str, body: bytes) -> Answer:
        inner = dict(environ)
        inner["PATH_INFO"] = self.normalise(path).encode().decode("latin-1")
        inner["SCRIPT_NAME"] = ""
        inner["wsgi.input"] = BytesIO(body)
        inner["CONTENT_LENGTH"] = str(len(body))
        inner.pop("HTTP_TRANSFER_ENCODING", None)
        inner["simulator.path"] = path
        answer = Answer(500)

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
            answer.status = int(status.split(" ", 1)[0])
            answer.headers = list(headers)
            return lambda data: None

        chunks = self.app.wsgi_app(inner, start_response)
        try:
            answer.body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        if answer.status != 204:
            answer.header("Content-Length", str(len(answer.body)))
        environ["simulator.user"] = inner.get("simulator.user")
        return answer

    def _disturbed(self, answer: Answer | None, fault: Fault | None) -> Outcome:
        if fault is None:
            return Outcome(answer)
        kind, params = fault.kind, fault.params
        if kind in ("lost_request", "lost_answer"):
            return Outcome(None, "drop")
        if kind in ("reset", "silence"):
            return Outcome(None, kind)
        if kind == "cut_body":
            return Outcome(answer, "cut")
        if kind == "cut_json" and answer is not None:
            answer.replace(answer.body[: max(1, len(answer.body) // 2)], "application/json")
            return Outcome(answer)
        return Outcome(self._invented(kind, params))

    def _invented(self, kind: str, params: dict[str, Any]) -> Answer:
        if kind == "html":
            title = responses.get(params["code"], "Page")
            page = HTML.format(title=f"{params['code']} {title}", text="The server could not complete your request.")
            return _answer(params["code"], page.encode(), "text/html; charset=utf-8")
        if kind == "garbage":
            return _answer(200, b"\x00\xff<<< this is no JSON >>>\xfe", "application/json")
        if kind == "redirect":
            answer = _answer(params["code"], b"", "text/html")
            answer.header("Location", params["location"])
            return answer
        if kind == "body":
            return _answer(params["code"], params["data"], params["content_type"])
        if kind == "portal_error":
            payload, status = self.envelope(params["code"], params["message"], params["status"])
            return _answer(status, self.dump(payload).encode(), self.content_type())
        body, content_type = self.fault_body(params["code"])
        if params["body"] is not None:
            body, content_type = self._payload_of(params["body"])
        answer = _answer(params["code"], body, content_type)
        if params["retry_after"] is not None:
            answer.header("Retry-After", str(params["retry_after"]))
        return answer

    def _payload_of(self, body: Any) -> tuple[bytes, str]:
        if isinstance(body, bytes):
            return body, "application/octet-stream"
        if isinstance(body, str):
            return body.encode(), "text/plain; charset=utf-8"
        return self.dump(body).encode(), "application/json"

    def _control(self, method: str, path: str, query: str, body: bytes) -> Answer:
        try:
            given = json.loads(body) if body.strip() else None
            with self.lock:
                payload = self._command(method, path, _query(query), given)
                self.store.commit()
        except (ValueError, TypeError, KeyError) as error:
            return _answer(400, json.dumps({"error": str(error)}).encode(), "application/json")
        if payload is None:
            return _answer(404, b'{"error":"no such control"}', "application/json")
        return _answer(200, json.dumps(payload, separators=(",", ":")).encode(), "application/json")

    def _command(self, method: str, path: str, query: dict[str, Any], given: Any) -> Any:
        command = f"{method} {path}"
        if command == "GET ledger":
            entries = self.ledger.select(**{k: v for k, v in query.items() if k in ("effect", "operation", "method")})
            requests = [entry.as_dict() for entry in entries]
            return {"counts": self.ledger.counts(), "bytes": self.ledger.traffic(), "requests": requests}
        if command == "GET accounts":
            return self.accounts_by_key()
        if command == "POST accounts":
            many = given if isinstance(given, list) else [given or {}]
            added = [self.add_account(**one) for one in many]
            return added if isinstance(given, list) else added[0]
        if command == "POST switches":
            self.set(**(given or {}))
        if command in ("GET switches", "POST switches"):
            return dict(self.switches)
        if command == "POST faults":
            for one in given if isinstance(given, list) else [given or {}]:
                self.faults.add(**one)
        if command in ("GET faults", "POST faults"):
            return [fault.as_dict() for fault in self.faults.all]
        if command == "GET mails":
            return [{"kind": kind, "address": address} for kind, address in self.mails]
        if command in ("GET", "GET "):
            return {"portal": self.name, "url": self.url, "accounts": len(self.accounts_by_key())}
        clear: dict[str, Callable[[], Any]] = {
            "POST reset": self.reset,
            "DELETE ledger": self.ledger.clear,
            "DELETE faults": self.faults.clear,
            "DELETE mails": self.mails.clear,
        }
        if command in clear:
            clear[command]()
            return {"done": True}
        return None


def _executes(fault: Fault) -> bool:
    if fault.kind in ("lost_answer", "cut_body", "cut_json"):
        return True
    return bool(fault.params.get("execute", False))


def _answer(status: int, body: bytes, content_type: str) -> Answer:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return Answer(status, headers, body)


def _read(environ: Environ) -> bytes:
    stream = environ.get("wsgi.input")
    if stream is None:
        return b""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bytes(stream.read(int(length)))
    return bytes(stream.read()) if environ.get("wsgi.input_terminated") else b""


def _query(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in found:
            old = found[name]
            found[name] = [*(old if isinstance(old, list) else [old]), value]
        else:
            found[name] = value
    return found


def _parse(environ: Environ, body: bytes) -> Any:
    if not body:
        return None
    try:
        if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            return _query(body.decode())
        return json.loads(body)
    except ValueError:
        return {"unreadable_bytes": len(body)}


def _headers(environ: Environ) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name[5:].replace("_", "-").lower() not in CREDENTIAL_HEADERS
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").title()] = environ[name]
    return found


def _disturb(outcome: Outcome, environ: Environ, stopping: threading.Event) -> None:
    wire: socket.socket | None = environ.get("werkzeug.socket")
    if wire is None or outcome.action in ("refused", "timeout", "drop", "reset"):
        return
    if outcome.action == "silence":
        _outlast(wire, stopping)
        return
    answer = outcome.answer
    if answer is None:
        return
    headers = [*answer.headers, ("Connection", "close")]
    head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
    body = answer.body[: len(answer.body) // 2] if outcome.action == "cut" else answer.body
    try:
        if not outcome.pace:
            wire.sendall(head.encode("latin-1") + b"\r\n" + body)
            return
        wire.sendall(head.encode("latin-1") + b"\r\n")
        for position in range(len(body)):
            if stopping.wait(outcome.pace):
                return
            wire.sendall(body[position : position + 1])
    except OSError:
        # The client has lost its patience, which is what the fault is for.
        return


def _outlast(wire: socket.socket, stopping: threading.Event) -> None:
    """Wait until the client gives up or the server ends."""
    while not stopping.is_set():
        try:
            if select.select([wire], [], [], 0.1)[0] and not wire.recv(1):
                return
        except (OSError, ValueError):
            return
