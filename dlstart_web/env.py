"""Settings come from the environment; a wrong value stops the start and names itself."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file named by NAME_FILE, or the default."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as problem:
            raise ImproperlyConfigured(
                f"{name}_FILE names {path!r}, which cannot be read: {problem.strerror}."
            ) from None
    return os.environ.get(name, default)


def env_bool(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use one of 1, true, yes, on, 0, false, no, off.")


def env_int(name: str, default: int, *, minimum: int | None = None) -> int:
    """A whole number, at least `minimum`."""
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    try:
        number = int(value.replace("_", ""))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number.") from None
    if minimum is not None and number < minimum:
        raise ImproperlyConfigured(f"{name} is {number}; use {minimum} or more.")
    return number


def env_folder(name: str) -> Path | None:
    """A folder that must be there; None where nothing is named."""
    value = env_str(name)
    if not value:
        return None
    if not Path(value).is_dir():
        raise ImproperlyConfigured(f"{name} is {value!r}, which is no folder.")
    return Path(value).resolve()


def env_list(name: str, default: str = "") -> list[str]:
    """Values parted by commas."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def kept_secret(path: Path, *, bytes_: int = 48) -> str:
    """A random secret that is made once and kept in a file only its owner can read."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(bytes_))
    return path.read_text().strip()


def default_home() -> Path:
    """The folder that holds `var` and `.keys`: the parent of DLSTART_DATA, else the checkout."""
    data = os.environ.get("DLSTART_DATA")
    return Path(data).resolve().parent if data else Path(__file__).resolve().parent.parent
