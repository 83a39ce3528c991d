"""The settings of the tests: fast password hashing, quiet logs, everything else as it runs."""

import os
import tempfile

# One folder a test process, so that nothing is kept and nothing is shared with a running installation.
os.environ.setdefault("DLSTART_DATA", os.path.join(tempfile.mkdtemp(prefix="dlstart-test-"), "var"))

from dlstart_web.settings import *  # noqa: F403
from dlstart_web.settings import DATA, DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ACCOUNT_RATE_LIMITS = {}
FORCE_IN_PROCESS_INGESTION = True  # a child process costs a second; tests/datasets/test_limited.py has them
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and worker processes of the tests must see the same rows.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
