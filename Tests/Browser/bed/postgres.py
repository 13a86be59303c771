"""A PostgreSQL of the test's own on a free port, which can be killed and started again."""

import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from .processes import Child, eventually, free_port, required

# Debian keeps the server's programs out of the path.
BINARIES = "/usr/lib/postgresql/15/bin"


class Postgres:
    """The server, without a password for whoever comes from this machine. It does not run as root, so there it is Debian's `postgres`."""

    def __init__(self, folder: Path, fsync: bool = False):
        # Tests kill processes, and not the machine, so they need no fsync.
        self.fsync = "on" if fsync else "off"
        os.environ["PATH"] += f":{BINARIES}"
        self.program = required("postgres")
        self.folder = folder / "postgres"
        self.folder.mkdir()
        self.port = free_port()
        self.log = folder / "postgres.log"
        self.become = []
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            # The folders of a test belong to its user alone; this one lies inside.
            for parent in list(self.folder.parents)[:-1]:
                parent.chmod(parent.stat().st_mode | 0o011)
            self.become = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        subprocess.run([*self.become, f"{BINARIES}/initdb", "-D", f"{self.folder}/data", "-U", "tallywire", "-A", "trust", "-E", "UTF8", "--locale",
                        "C.UTF-8", "--no-sync"], check=True, capture_output=True, cwd="/")
        self.start()

    def start(self) -> None:
        def launched() -> bool:
            # After a kill the children of the old one may still be ending; then the new one ends at once.
            if not self.child.is_running:
                self.child = self._launch()
            return subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0

        self.child = self._launch()
        eventually("the database accepts connections", launched, 120)

    def _launch(self) -> Child:
        return Child([*self.become, f"{BINARIES}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                      "-c", f"fsync={self.fsync}",
                      "-k", str(self.folder)], self.log)

    def kill_and_start(self) -> None:
        self.child.kill()
        self.start()

    @property
    def connection(self) -> str:
        return f"postgresql://tallywire@127.0.0.1:{self.port}/postgres"

    def run(self, text: str) -> str:
        """Runs statements, and returns what the last one printed, without a heading."""
        done = subprocess.run([shutil.which("psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.connection], input=text, text=True,
                              capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str) -> list[dict]:
        return json.loads(self.run(f"SELECT coalesce(json_agg(found), '[]') FROM ({query}) AS found"))

    def stop(self) -> None:
        self.child.stop()
