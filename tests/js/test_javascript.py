"""The page's own logic, tested in node: `node --test tests/js/`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.conftest import require


def test_the_javascript_passes_its_own_tests():
    node = shutil.which("node")
    require(node is not None, "node 20 or later")

    files = sorted(str(path) for path in Path(__file__).parent.glob("*.test.js"))
    run = subprocess.run([node, "--no-warnings", "--test", *files], capture_output=True, text=True, timeout=100)

    assert run.returncode == 0, run.stdout[-4000:]
