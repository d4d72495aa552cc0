"""Where a profile's files are, and the lock that keeps it to one program at a time. Any thread."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from noc_alerts.model.errors import NocError

APP_NAME = "noc_alerts"
FOLDER_MODE = 0o700
FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile folder and the names in it."""

    folder: Path

    @property
    def noc_db(self) -> Path:
        """Give the file of rules, alarms, events and messages."""
        return self.folder / "noc.db"

    @property
    def calls_db(self) -> Path:
        """Give the file of call records and readings, a cache that can be rebuilt."""
        return self.folder / "calls.db"

    @property
    def log_folder(self) -> Path:
        """Give the folder of log files."""
        return self.folder / "logs"

    @property
    def lock_file(self) -> Path:
        """Give the file that a running program holds."""
        return self.folder / "noc_alerts.lock"


def default_folder() -> Path:
    """Give the folder of the profile that is used when none is named."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def open_profile(folder: Path | None = None) -> Profile:
    """Give a profile with its folders; a folder that is made is its owner's only (0700). None = the default one.

    Raises NocError when a folder cannot be made or written.
    """
    profile = Profile((folder or default_folder()).expanduser().absolute())
    for path in (profile.folder, profile.log_folder):
        try:
            path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise NocError(
                f"The profile folder {path} could not be made ({error.strerror}), so nothing can be kept; "
                "make it writable for you, or name another folder with --profile."
            ) from error
    if not os.access(profile.folder, os.W_OK | os.X_OK):
        raise NocError(
            f"The profile folder {profile.folder} is read-only, so nothing can be kept; "
            "make it writable for you, or name another folder with --profile."
        )
    return profile


@contextmanager
def hold(profile: Profile) -> Iterator[None]:
    """Hold the profile while the program runs; the system lets go of it when the program dies.

    Raises NocError when another program holds it.
    """
    lock = FileLock(profile.lock_file, timeout=0, mode=FILE_MODE)
    try:
        lock.acquire()
    except Timeout as error:
        raise NocError(
            f"noc_alerts already runs with the profile {profile.folder}; "
            "use that window, close it first, or name another folder with --profile."
        ) from error
    except OSError as error:
        raise NocError(
            f"The lock file {profile.lock_file} could not be made ({error.strerror or error}), so it is not certain that "
            "no other noc_alerts uses this profile; make the folder writable for you, or name another with --profile."
        ) from error
    try:
        yield
    finally:
        lock.release()
