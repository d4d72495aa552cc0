"""Find what this machine lacks (system libraries, programs, a font) and install it with apt-get where that is allowed.

Used by bootstrap.py before any third-party package is there, so it imports the standard library only. Runs on the
main thread of the bootstrap process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

# What to look for -> the Debian package that has it. A name with a slash is a file pattern, one with ".so" a library
# the loader must find, anything else a program. The libraries are the direct needs (readelf -d) of Qt's Core, Gui,
# Widgets, DBus, Network and of its xcb platform plugin that a minimal Debian 12 does not have.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
WAYLAND_LIBRARIES = {"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"}
SCREEN_PROGRAMS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "dbus-daemon": "dbus",
    "trayer": "trayer",  # a notification area for the story that needs one
}
LIVE_PROGRAMS = {
    "kamailio": "kamailio",
    "/usr/lib/*/kamailio/modules/jansson.so": "kamailio-extra-modules",
    "/usr/lib/*/kamailio/modules/db_postgres.so": "kamailio-postgres-modules",
    "sipp": "sip-tester",
    "/usr/lib/postgresql/*/bin/initdb": "postgresql",
    "curl": "curl",
}
BENCH_PROGRAMS = {"prometheus": "prometheus"}
PACKAGE_PROGRAMS = {"objdump": "binutils"}

FONT_PACKAGE = "fonts-dejavu-core"
FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".pfb")

# Run by sh as root, the packages as arguments. policy-rc.d answers 101 ("not allowed") while packages are being
# installed, so that Debian does not start their services; a file of this kind that was left behind by a kill is ours.
_APT_SCRIPT = r"""
policy=/usr/sbin/policy-rc.d
mark='# put here by noc_alerts while it installs packages'
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
trap 'exit 130' HUP INT TERM
if [ ! -e $policy ] || grep -qxF "$mark" $policy; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >$policy
    chmod 755 $policy
fi
# one dead third-party source must not stop the rest: whether the lists are good enough, the install itself tells
apt-get update -qq >/dev/null 2>&1
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
"""


def say(text: str) -> None:
    """Write one line for the person who waits."""
    print(text, flush=True)


def stop(text: str) -> NoReturn:
    """End with a sentence on stderr and exit code 1."""
    sys.stdout.flush()
    sys.exit(text)


def is_here(what: str) -> bool:
    """Tell whether a library, a program or a file pattern is on this machine."""
    if "/" in what:
        return any(Path("/").glob(what.lstrip("/")))
    if ".so" in what:
        import ctypes  # only where libraries are asked for: a start that needs none must not pay for it

        try:
            ctypes.CDLL(what)
        except OSError:
            return False
        return True
    # a user's PATH on Debian lacks the sbin folders, where kamailio lives
    return shutil.which(what, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is not None


def has_font(folders: Iterable[Path] | None = None) -> bool:
    """Tell whether any font file lies in the usual folders (`folders` replaces them)."""
    if folders is None:
        home = Path.home()
        folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".fonts", home / ".local/share/fonts")
    names = (name for folder in folders for _, _, found in os.walk(folder) for name in found)
    return any(name.lower().endswith(FONT_SUFFIXES) for name in names)


def missing_packages(needs: Mapping[str, str], here: Callable[[str], bool] = is_here) -> list[str]:
    """Return the Debian packages of what is not here: sorted, each once, empty when all is there."""
    return sorted({package for what, package in needs.items() if not here(what)})


def missing_for_window() -> list[str]:
    """Return the Debian packages that Qt's window lacks here; empty on any system but Linux."""
    if not sys.platform.startswith("linux"):
        return []
    needs = dict(QT_LIBRARIES)
    if os.environ.get("WAYLAND_DISPLAY"):
        needs |= WAYLAND_LIBRARIES
    return missing_packages(needs) + ([] if has_font() else [FONT_PACKAGE])


def root_prefix() -> list[str] | None:
    """Return what to put before a command so that it runs as root without asking; None where that is not allowed."""
    if shutil.which("apt-get") is None or sys.platform == "win32":
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def apt_install(prefix: Sequence[str], packages: Sequence[str]) -> str:
    """Install Debian packages without starting their services.

    Returns apt-get's last words when it failed, an empty string when it worked.
    """
    done = subprocess.run(
        [*prefix, "sh", "-c", _APT_SCRIPT, "sh", *packages],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return ""
    return "\n".join(done.stdout.strip().splitlines()[-4:]) or f"apt-get ended with exit code {done.returncode}"


def install_optional(needs: Mapping[str, str]) -> str:
    """Install what is missing of something that can be done without; return why it is not there, empty when it is."""
    missing = missing_packages(needs)
    if not missing:
        return ""
    names = " ".join(missing)
    prefix = root_prefix()
    if prefix is None:
        return f"{names} would have to be installed, which needs apt-get and root rights."
    say(f"Setting up: system packages, once: {names}")
    reason = apt_install(prefix, missing)
    return f"apt-get could not install {names}: {reason.splitlines()[-1]}" if reason else ""


def packaging_needs() -> dict[str, str]:
    """Return what PyInstaller needs on Linux; Debian's own Python keeps its shared library in a package of its own."""
    needs = dict(PACKAGE_PROGRAMS)
    if Path(sys.base_prefix) == Path("/usr"):
        python = f"libpython{sys.version_info[0]}.{sys.version_info[1]}"
        needs[f"{python}.so.1.0"] = python
    return needs


def by_hand(packages: Sequence[str]) -> str:
    """Return the sentence that tells a person how to install these packages."""
    if shutil.which("apt-get") is None:
        return (
            "They are named here as Debian names them; install what they stand for with this system's package manager, "
            "then start again:\n  " + " ".join(packages)
        )
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    return (
        "Run this once, then start again:\n"
        f"  {sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"
    )
