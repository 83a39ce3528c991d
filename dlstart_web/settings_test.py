"""The settings of the tests: fast password hashing, quiet logs, everything else as it runs."""

import os
import tempfile

from dlstart_web.processes import WORKER_ENVIRONMENT

# One folder a test process, so that nothing is kept and nothing is shared with a running installation or another process.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if "DLSTART_DATA" not in os.environ or (WORKER and WORKER not in os.environ["DLSTART_DATA"].split(os.sep)):
    os.environ["DLSTART_DATA"] = os.path.join(tempfile.mkdtemp(prefix="dlstart-test-"), WORKER, "var")
if WORKER and os.environ.get("DLSTART_BROKER_URL", "").startswith("redis"):  # a Redis database of its own as well
    address, _, number = os.environ["DLSTART_BROKER_URL"].rpartition("/")
    os.environ["DLSTART_BROKER_URL"] = f"{address}/{int(number) + int(WORKER.removeprefix('gw'))}"

os.environ.update(WORKER_ENVIRONMENT, POLARS_MAX_THREADS="1")  # the processes of the tests share the cores

from dlstart_web.settings import *  # noqa: E402, F403
from dlstart_web.settings import DATA, DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ACCOUNT_RATE_LIMITS = {}
# A test often holds one transaction open, and a beat would wait 20 seconds for SQLite; tests/test_jobs.py has beats.
JOB_BEAT = 3600
LOOK_TICK = 0  # answers are told at once; tests/evaluations/test_ticks.py has its own clock
# a child process costs a second; tests/datasets/test_limited.py and test_fresh.py have them
TASKS_IN_PROCESS = frozenset({"read", "check", "divide", "recognise", "set_apart"})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and worker processes of the tests must see the same rows.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
# Nothing has to outlast the machine's losing power.
os.fsync = lambda fd: None
