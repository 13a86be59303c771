"""The JSDoc types of the pages agree with what they do and with the client library's declarations."""

import subprocess
from pathlib import Path

from bed.processes import required


def test_types():
    found = subprocess.run([required("tsc"), "--project", Path(__file__).with_name("tsconfig.json")], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stdout
