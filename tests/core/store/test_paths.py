"""The profile folder and who holds it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from noc_alerts import __file__ as package_file
from noc_alerts.model.errors import NocError
from noc_alerts.paths import default_folder, hold, open_profile


def test_a_profile_is_made_for_its_owner_only(tmp_path: Path) -> None:
    profile = open_profile(tmp_path / "a" / "b")
    for folder in (profile.folder, profile.log_folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {p.parent for p in (profile.noc_db, profile.calls_db, profile.lock_file)} == {profile.folder}
    assert open_profile(tmp_path / "a" / "b") == profile
    assert "noc_alerts" in str(default_folder())


def test_a_profile_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NocError, match="--profile"):
        open_profile(tmp_path / "file" / "profile")
    with pytest.raises(NocError, match="--profile"):
        open_profile(tmp_path / "file")


def test_a_profile_is_held_once(tmp_path: Path) -> None:
    profile = open_profile(tmp_path)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from noc_alerts.model.errors import NocError\n"
        "from noc_alerts.paths import hold, open_profile\n"
        "try:\n"
        "    with hold(open_profile(Path(sys.argv[1]))):\n"
        "        print('held')\n"
        "except NocError as error:\n"
        "    print(error.sentence)\n"
    )

    def other() -> str:
        environment = os.environ | {"PYTHONPATH": str(Path(package_file).parents[1])}
        command = [sys.executable, "-c", program, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    with hold(profile):
        assert stat.S_IMODE(profile.lock_file.stat().st_mode) == 0o600
        assert "already runs with the profile" in other()
        with pytest.raises(NocError, match="already runs"), hold(profile):
            pass
    assert other() == "held\n"
    with hold(profile):
        pass
