"""The JSDoc types of the pages agree with what they do and with the client library's declarations."""

import shutil
import subprocess
from pathlib import Path

import pytest


def test_types():
    tsc = shutil.which("tsc")
    if not tsc:
        pytest.skip("tsc (Debian's node-typescript) is not installed")
    found = subprocess.run([tsc, "--project", Path(__file__).with_name("tsconfig.json")], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stdout
