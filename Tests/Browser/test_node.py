"""The modules of the pages that decide purely, in Node: node/*.test.mjs."""

import os
import shutil
import subprocess
from pathlib import Path

from bed.processes import required
from bed.server import REPOSITORY


def test_modules(tmp_path: Path):
    # Node takes files for modules where a package says so; in the repository, none does, since all files of web/ are served.
    for folder in ("admin", "scan", "shared"):
        shutil.copytree(REPOSITORY / "web" / folder, tmp_path / folder)
    (tmp_path / "package.json").write_text('{ "type": "module" }')
    tests = sorted(Path(__file__).with_name("node").glob("*.test.mjs"))
    assert tests
    found = subprocess.run(
        [required("node"), "--test", *tests], capture_output=True, text=True, timeout=120, env={**os.environ, "PAGES": str(tmp_path)})
    assert found.returncode == 0, found.stdout + found.stderr
