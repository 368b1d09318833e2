"""Do what the Dockerfile does on a machine without Docker, and try it: size, health check, locks.

    python -m benchmarks.image [--keep FOLDER]

Packages come from PyPI by their hashes, into a folder. What is left of them after `prune.sh` is run
in a mount namespace whose root is read-only, as user 10001 without capabilities, with /tmp and the
store alone to write to. Needs Linux, root, and the commands unshare and setpriv.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Of python:3.13-slim, as Docker lists it: on the disk, and as it is fetched.
BASE_MB, BASE_FETCHED_MB = 125, 45
MOST_MB = 600
STARTS = 60  # seconds: the health check's start period
COPIED = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "streamlit_app.py",
    ".streamlit",
    "data",
    "dashboards",
    "vpcflow_core",
)
# What the pruned packages have to do besides serving: forecast, draw, read and write Parquet.
TRIED = """
from vpcflow_core import FlowLogs
flows = FlowLogs.open("sample://", store="/store/tried")
for model in ("linear", "seasonal", "ar"):
    print(len(flows.forecast("bytes", every="30m", periods=3, model=model)), "foreseen,", model)
print(len(flows.panel("overview/top-sources").figure().data), "figures")
import cryptography.hazmat.primitives.hashes, pyiceberg.catalog.sql, zstandard, lz4, pyroaring, yaml
import authlib.integrations.starlette_client
"""


def main() -> int:
    """Run it; gives 1 if something is not as it should be."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--keep", type=Path, help="Install there, and use it again.")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as passing:
        folder = given.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        if not (folder / "venv").exists():
            install(folder)
        size = measured(folder / "venv")
        fetched = compressed(folder / "venv") + BASE_FETCHED_MB
        print(f"{size + BASE_MB:,} MB, of which the base has {BASE_MB}; {fetched:,} MB to fetch")
        good = size + BASE_MB < MOST_MB
        good &= locked(folder)
    print("as it should be" if good else "NOT as it should be")
    return 0 if good else 1


def install(folder: Path) -> None:
    """What the first stage of the Dockerfile does."""
    venv, app = folder / "venv", folder / "app"
    app.mkdir(exist_ok=True)
    for name in COPIED:
        run("cp", "-r", ROOT / name, app)
    run(sys.executable, "-m", "venv", venv)
    pip = (venv / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-compile", "--require-hashes", "-r", ROOT / "requirements.txt")
    run(*pip, "--no-compile", "--no-deps", app)
    run(venv / "bin/python", "-m", "pip", "uninstall", "--yes", "--quiet", "setuptools", "pip")
    run("sh", ROOT / "deploy/prune.sh", next((venv / "lib").glob("python3*/site-packages")))


def measured(folder: Path) -> int:
    """MB (1,000,000 bytes, as Docker lists them) of the files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 1e6)


def compressed(folder: Path) -> int:
    """MB of a folder as a layer of an image is stored in a registry."""
    packed = f"tar c -C {shlex.quote(str(folder))} . | gzip -6 | wc -c"
    return round(int(subprocess.check_output(["sh", "-c", packed])) / 1e6)


def locked(folder: Path) -> bool:
    """Serve with a read-only root, and ask the Dockerfile's health check until it is content."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    check = re.findall(r'HEALTHCHECK .*"-c", "(.*)"\]', dockerfile)[0]
    store, script = folder / "store", folder / "inside.sh"
    store.mkdir(exist_ok=True)
    os.chown(store, 10001, 10001)
    script.write_text(inside(folder, check, folder / "venv/bin"), encoding="utf-8")
    began = time.monotonic()
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "sh", str(script)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    print(done.stdout.strip(), f"({time.monotonic() - began:.0f} s)")
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
    return done.returncode == 0


def inside(folder: Path, check: str, commands: Path) -> str:
    """What runs in the namespace: first as root, then as user 10001."""
    prefix = Path(sys.base_prefix)
    python = commands / "python"
    ids = "--reuid 10001 --regid 10001 --clear-groups"
    as_user = f"setpriv {ids} --bounding-set -all --no-new-privs"
    env = f"env -i PATH={commands}:/usr/bin:/bin HOME=/tmp VPCFLOW_STORE=/store"
    served = "STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_HEADLESS=true"
    return f"""set -eu
ip link set lo up 2> /dev/null || {shlex.quote(str(python))} -c {shlex.quote(LOOPBACK)}
mkdir -p /run/vpcflow-python /store 2> /dev/null || true
mount --make-rprivate /
mount --bind {prefix} /run/vpcflow-python
mount -t tmpfs -o mode=755 tmpfs /root
mkdir -p {prefix}
mount --bind /run/vpcflow-python {prefix}
mount --bind {folder / "store"} /store
mount -o remount,bind,ro /
mount -t tmpfs -o mode=1777 tmpfs /tmp
cd /store
if {as_user} touch /usr/x 2> /dev/null; then echo 'the root can be written to'; exit 1; fi
{as_user} {env} {served} vpcflow demo > /tmp/app.log 2>&1 &
tries=0
until {as_user} {env} python -c {shlex.quote(check)} 2> /dev/null; do
    tries=$((tries + 1))
    if [ $tries -gt {STARTS} ]; then echo 'no health'; cat /tmp/app.log; exit 1; fi
    sleep 1
done
echo "healthy after $tries s as user $({as_user} id -u), root read-only"
{as_user} {env} python -c {shlex.quote(TRIED)}
"""


# `lo` of a new network namespace is down; without the command ip it is set up by its ioctl.
LOOPBACK = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    fcntl.ioctl(link, 0x8914, struct.pack("16sh14x", b"lo", 0x1))
"""


def run(*command: object) -> None:
    """Run a command; raises if it fails."""
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    sys.exit(main())
