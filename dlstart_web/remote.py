"""A client of the REST API for the commands that talk to a server; the standard library is enough.

The token comes from DLSTART_TOKEN or a file, never from the command line, where other people of the machine would see it.
"""

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

DONE, USAGE, REFUSED, NO_LOOK, NOT_ANSWERED = 0, 2, 3, 4, 5
CODES = "0 done, 2 usage, 3 the file was refused, 4 no look left, 5 the server did not answer or did not allow it"
PAUSE, LONGEST = 1.0, 600  # seconds between two questions how far a job is, and of all of them
Json = dict[str, Any]


class Failed(Exception):
    """The server cannot be asked, or refused: with its status and body where it answered."""

    def __init__(self, words: str, status: int = 0, body: Json | None = None, headers: Message | None = None) -> None:
        super().__init__(words)
        self.status, self.body, self.headers = status, body or {}, headers

    @property
    def code(self) -> int:
        """The exit code that says so to a program."""
        if self.body.get("type") == "no-look-left":
            return NO_LOOK
        return REFUSED if self.status in (413, 415, 422, 429) else NOT_ANSWERED


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: it would carry the token to another address."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Server:
    """An installation, asked as the person whose token it is."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address.rstrip("/"), token
        self._opener = build_opener(_Stay)

    def get(self, path: str) -> Json:
        """What lies under an address of the API."""
        return self._ask("GET", path)

    def post(self, path: str, values: Json, headers: Mapping[str, str] | None = None) -> Json:
        """Values sent as JSON."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._ask("POST", path, json.dumps(values).encode(), sent)

    def upload(self, path: str, file: Path, fields: Mapping[str, str]) -> Json:
        """A file sent as a form."""
        line = uuid.uuid4().hex
        parts = [
            f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        name = file.name.encode("ascii", "replace").decode().replace('"', "_")
        parts.append(f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
        body = "".join(parts).encode() + file.read_bytes() + f"\r\n--{line}--\r\n".encode()
        return self._ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={line}"})

    def follow(self, path: str, waits: Collection[str], find: Callable[[Json], Json]) -> Json:
        """What `find` takes from an address, asked until its state is none of those that wait."""
        for _ in range(round(LONGEST / PAUSE)):
            if (found := find(self.get(path)))["state"] not in waits:
                return found
            time.sleep(PAUSE)
        raise Failed(f"No worker has ended it within {LONGEST} seconds. The same command goes on from there.")

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Json:
        sent = {"Authorization": f"Token {self.token}", "Accept": "application/json", **(headers or {})}
        request = Request(f"{self.address}/api/v1/{path}", data=body, headers=sent, method=method)
        try:
            with self._opener.open(request, timeout=60) as answer:
                said: Json = json.load(answer)
                return said
        except HTTPError as refusal:
            with refusal:
                told = _body(refusal.read())
            words = told.get("detail") or f"{self.address} answered {refusal.code} {refusal.reason}."
            raise Failed(str(words), refusal.code, told, refusal.headers) from refusal
        except (URLError, HTTPException, OSError, ValueError) as fault:
            reason = getattr(fault, "reason", fault)
            raise Failed(f"{self.address} cannot be asked: {reason}.") from fault


def _body(content: bytes) -> Json:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """What each command that talks to a server takes."""
    add = parser.add_argument
    add("-p", "--project", default=os.environ.get("DLSTART_PROJECT"), metavar="SLUG", help="or DLSTART_PROJECT")
    add(
        "--server",
        default=os.environ.get("DLSTART_SERVER", "http://127.0.0.1:8000"),
        metavar="ADDRESS",
        help="or DLSTART_SERVER",
    )
    add("--token-file", type=Path, metavar="FILE", help="a file that holds the API token; or DLSTART_TOKEN")
    add("--json", action="store_true", help="print the answer as JSON")
    parser.epilog = f"Exit codes: {CODES}."


def server_of(args: argparse.Namespace) -> Server:
    """The server that was named; Failed with exit code 2 where something is missing."""
    try:
        token = args.token_file.read_text().strip() if args.token_file else os.environ.get("DLSTART_TOKEN", "")
    except (OSError, ValueError) as fault:
        raise Usage(f"{args.token_file} cannot be read: {fault}.") from fault
    if not args.project:
        raise Usage("Name the project with -p SLUG or DLSTART_PROJECT; its page's address ends with the slug.")
    if not token:
        raise Usage("Put an API token into DLSTART_TOKEN or a --token-file; your settings page makes one.")
    if not args.server.startswith(("http://", "https://")):
        raise Usage(f"The server's address begins with http:// or https://; '{args.server}' does not.")
    return Server(args.server, token)


class Usage(Failed):
    """Something is missing in what was typed or set."""

    @property
    def code(self) -> int:
        return USAGE


def told(command: str, failure: Failed, *, as_json: bool) -> int:
    """Say on standard error why, and give the exit code."""
    if as_json and failure.body:
        print(json.dumps(failure.body, indent=1, ensure_ascii=False))
    print(f"dlstart {command}: {failure}", file=sys.stderr)
    if moment := failure.body.get("next_look_at"):
        print(f"Next look: {moment}, counted by {failure.body.get('counted_by')}.", file=sys.stderr)
    return failure.code


def say(answer: Json, words: str, *, as_json: bool) -> None:
    """The answer for people, or as JSON."""
    print(json.dumps(answer, indent=1, ensure_ascii=False) if as_json else words)


def handed_in(server: Server, args: argparse.Namespace, *, only_check: bool) -> Json:
    """Upload a file of predictions and wait for its check; Failed where it was refused."""
    if not args.file.is_file():
        raise Usage(f"{args.file} is not a file.")
    fields = {"only_check": str(only_check).lower(), "name": args.name}
    file = server.upload(f"projects/{args.project}/predictions", args.file, fields)
    file = server.follow(f"predictions/{file['id']}", ("queued", "running"), lambda answer: answer)
    if file["state"] != "done":
        status = file["refusal"]["status"] if file["refusal"] else 0
        raise Failed(file["problem"], status, file)
    return file


def parts_words(file: Json) -> str:
    """What a file covers."""
    return ", ".join(f"{rows:,} of {rows:,} ids of {part}" for part, rows in file["parts"].items())
