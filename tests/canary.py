"""Searches everything for sealed labels, however they are written: markers in, places out (RELIABILITY, canary protocol).

Each marker is a number of its own near 7.0e17 to 7.9e17, so that even six of its figures with the exponent tell it.
"""

import base64
import binascii
import bz2
import email
import gzip
import hashlib
import io
import json
import pickle
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import numpy as np
import polars as pl
import redis
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from scipy.stats import poisson

DEEPEST = 5  # archives within archives
LUCK = 1e-5  # of a content of random bytes to be taken for a leak
# 7.1234e+17, 712345678901234567.0, 712,345,678,901,234,567
_IN_WORDS = re.compile(rb"(?<![0-9])(?:7[0-9]{2}(?:[,.'_ ][0-9]{3}){5}|7[.,]?[0-9]{5,20}(?:[eE]\+?(17))?)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}={0,2}")


def marker(share: float) -> float:
    """A label near 7e17 for a share in [0, 1)."""
    return float(int(7.0e17 + 0.9e17 * share))


class Markers:
    """The labels that nobody may see, in the variants in which they are looked for.

    As words with 17, 15, 9 or 6 figures, with and without exponent or separators; as float64 and int64 of either byte
    order at any place, whole, as a float32 or with 9 or 6 figures; as float32; all of that in Base64, gzip, bzip2, zip,
    npz, npy and Parquet, one in another.
    """

    def __init__(self, labels: Iterable[float]) -> None:
        self.labels = sorted(set(labels))
        self._known: dict[bytes, bool] = {}
        self.nine = {f"{label:.8e}".split("e")[0].replace(".", "") for label in self.labels}
        self.nine |= {f"{label:.0f}"[:9] for label in self.labels}
        self.short = {
            n: {f"{label:.{n - 1}e}".split("e")[0].replace(".", "") for label in self.labels} for n in (6, 7, 8)
        }
        as_float = np.array(self.labels)
        narrow = as_float.astype("<f4")
        rounded = [np.array([float(f"{label:.{n - 1}e}") for label in self.labels]) for n in (9, 6)]
        wide = [as_float, narrow.astype("<f8"), *rounded, as_float.astype("<i8")]
        self.wide = np.unique(np.concatenate([each.view("<u8") for w in wide for each in (w, w.byteswap())]))
        self.narrow = np.unique(np.concatenate([narrow.view("<u4"), narrow.byteswap().view("<u4")]))

    def found_in(self, content: bytes, depth: int = 0) -> bool:
        """Whether any marker is in these bytes, in any variant; the same bytes are gone through once."""
        digest = hashlib.blake2b(content).digest()
        if digest not in self._known:
            inner = b"\n".join(_decoded(content))
            self._known[digest] = (
                self._in_words(content)
                or self._in_bytes(content)
                or self._in_words(inner)
                or self._in_bytes(inner)
                or (depth < DEEPEST and any(self.found_in(each, depth + 1) for each in _unpacked(content)))
            )
        return self._known[digest]

    def _in_words(self, content: bytes) -> bool:
        for match in _IN_WORDS.finditer(content):
            digits = re.sub(rb"[^0-9]", b"", match[0].split(b"e")[0].split(b"E")[0]).decode()
            if len(digits) >= 9 and digits[:9] in self.nine:
                return True
            if match[1] and len(digits) in self.short and digits in self.short[len(digits)]:
                return True
        return False

    def _in_bytes(self, content: bytes) -> bool:
        if content.isascii():  # the first byte of every eight is none; four letters may be any float32
            return False
        if any(np.isin(_at(content, start, "<u8"), self.wide).any() for start in range(8)):
            return True
        hits = sum(np.intersect1d(_at(content, start, "<u4"), self.narrow).size for start in range(4))
        # four bytes are some marker's by luck in one of so many places
        return hits > 0 and poisson.sf(hits - 1, len(content) * len(self.narrow) / 2**32) < LUCK


def _at(content: bytes, start: int, kind: str) -> np.ndarray:
    width = np.dtype(kind).itemsize
    count = max(0, (len(content) - start) // width)
    return np.frombuffer(content, kind, count, start) if count else np.empty(0, kind)


def _decoded(content: bytes) -> Iterator[bytes]:
    """What runs of Base64 hold, wherever in them it begins."""
    for match in _BASE64.finditer(content):
        text = match[0].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            piece = text[start : start + (len(text) - start) // 4 * 4]
            try:
                yield base64.b64decode(piece)
            except binascii.Error:
                continue
        try:
            yield base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            continue


def _unpacked(content: bytes) -> Iterator[bytes]:
    """What an archive or a table holds."""
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif content[:3] == b"BZh":
        yield bz2.decompress(content)
    elif content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
    elif content[:6] == b"\x93NUMPY":
        # numbers stand as bytes in the content; written out, one in a few of a forest's means begins as a marker does
        array = np.load(io.BytesIO(content), allow_pickle=False)
        for column in [array[name] for name in array.dtype.names] if array.dtype.names else [array]:
            if column.dtype.kind in "SU":
                yield "\n".join(map(str, column.ravel().tolist())).encode()
    elif content[:4] == b"PAR1":
        frame = pl.read_parquet(io.BytesIO(content))
        for series in frame.select(pl.col(pl.Binary)):
            yield b"\n".join(series.drop_nulls())
        yield frame.select(pl.exclude(pl.Binary)).write_csv().encode()
        for series in frame.select(pl.selectors.numeric()):
            yield series.fill_null(0).to_numpy().tobytes()


@dataclass
class Journal:
    """All that was said to anybody: answers, and lines of the log."""

    answers: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)

    def keep(self, who: str, response: HttpResponseBase) -> HttpResponseBase:
        """Remember an answer, headers and body."""
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if response.streaming:
            response.streaming_content = [body]
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        cookies = response.cookies.output()
        where = f"{who} {response.request['REQUEST_METHOD']} {response.request['PATH_INFO']}"
        self.answers.append((where, f"{headers}\n{cookies}".encode(), body))
        return response


class Reader(Client):
    """A test client that keeps every answer it gets."""

    def __init__(self, journal: Journal, who: str, **options) -> None:
        super().__init__(raise_request_exception=False, **options)
        self.journal, self.who = journal, who

    def request(self, **request):
        return self.journal.keep(self.who, super().request(**request))


Found = dict[str, list[str]]


def search(markers: Markers, journal: Journal, *, data: Path, vault: Path, temporary: Path) -> tuple[Found, int]:
    """Look for markers everywhere but in the vault.

    Returns
    -------
    found : dict of surface to list of places
    files : int
        How many files were opened.
    """
    found: Found = {}

    def look(surface: str, where: str, content: bytes) -> None:
        if markers.found_in(content):
            found.setdefault(surface, []).append(where)

    for where, headers, body in journal.answers:
        look("headers", where, headers)
        look("answers", where, body)
    look("log", "log", journal.log.getvalue().encode())
    for message in mail.outbox:
        look("mail", message.subject, message.message().as_bytes())
        look("mail", message.subject, b"\n".join(_words_of(email.message_from_bytes(message.message().as_bytes()))))
    for name, pickled in _in_cache():
        look("cache", name, pickled)
    for model in apps.get_models():
        rows = "\n".join(str(row) for row in model._default_manager.values_list())
        look("database", model._meta.label, rows.encode())
    files = 0
    database = str(connection.settings_dict["NAME"])
    places = {"files": data, "temporary": temporary}
    for surface, folder in places.items():
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or vault in path.parents or path.name.startswith(Path(database).name):
                continue
            files += 1
            kind = "broker" if "broker" in path.parts else surface
            look(kind, str(path), path.name.encode() + b"\n")
            look(kind, str(path), path.read_bytes())
            if path.parent.name == "messages":
                look(kind, str(path), _task_of(path.read_bytes()))
    for name, content in _in_redis():
        look("broker", name, name.encode() + b"\n" + content)
        look("broker", name, _task_of(content))
    for name, content in _database_files(database):
        files += 1
        look("database file", name, content)
    look("process", "command line", Path("/proc/self/cmdline").read_bytes() + Path("/proc/self/environ").read_bytes())
    return found, files


def _words_of(message: Message) -> Iterator[bytes]:
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content


def _in_cache() -> Iterator[tuple[str, bytes]]:
    """Every value of the cache, which keeps each in a file behind its end; no file bears the key, only its digest."""
    for path in Path(settings.CACHES["default"]["LOCATION"]).glob(f"*{caches['default'].cache_suffix}"):
        with path.open("rb") as file:
            pickle.load(file)  # when it ends
            yield path.name, zlib.decompress(file.read())


def _task_of(message: bytes) -> bytes:
    """The arguments of a waiting task, out of its envelope."""
    try:
        return base64.b64decode(json.loads(message)["body"])
    except (ValueError, KeyError, TypeError):
        return b""


def broker() -> redis.Redis | None:
    """The Redis that carries the messages; None where files do."""
    return redis.from_url(settings.BROKER_URL) if settings.BROKER_URL.startswith("redis") else None


def _in_redis() -> Iterator[tuple[str, bytes]]:
    """Every value of the broker's database with its key; of those with several, one at a time."""
    if client := broker():
        read = {
            b"string": lambda key: [client.get(key)],
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"hash": lambda key: [name + b"\n" + value for name, value in client.hgetall(key).items()],
        }
        for key in client.scan_iter():
            for value in read[client.type(key)](key):
                yield f"redis {key.decode(errors='replace')}", value or b""


def _database_files(name: str) -> Iterator[tuple[str, bytes]]:
    """The files of the database: SQLite's with its journal; of PostgreSQL those of its tables, where it lets us read them."""
    if connection.vendor == "sqlite":
        yield from ((path.name, path.read_bytes()) for path in Path(name).parent.glob(f"{Path(name).name}*"))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone() != ("on",):
            return
        cursor.execute("CHECKPOINT")  # what is in memory alone is written
        cursor.execute(
            "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
            " WHERE relkind IN ('r', 'i', 't', 'S') AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
        )
        yield from ((name, bytes(content)) for name, content in cursor)


def in_temporary(name: str) -> Path:
    return Path(tempfile.gettempdir()) / name
