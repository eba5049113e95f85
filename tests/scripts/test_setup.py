"""What `scripts/demo` and `scripts/test` do before they start, cut short."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

PYTHON_THAT_IS_INTERRUPTED = """#!/bin/sh
case "$*" in *ensurepip*) trap '' INT; kill -INT 0; exit 1;; esac
"""


def test_a_check_cut_short_by_ctrl_c_installs_nothing(tmp_path: Path) -> None:
    _program(tmp_path / "python3", PYTHON_THAT_IS_INTERRUPTED)
    _program(tmp_path / "apt-get", "#!/bin/sh\necho called >&2\n")
    _program(tmp_path / "sudo", "#!/bin/sh\n")
    set_up = subprocess.run(
        ["bash", "-euc", f". {ROOT}/scripts/setup.sh; set_up demo"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert set_up.returncode == 130
    assert set_up.stderr == ""


def _program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)
