"""The engine keeps to itself."""

import os
import subprocess
import sys
from pathlib import Path

from edge_node.models.install import Models


def test_a_model_at_work_leaves_no_trace_in_the_home_folder(models: Models, tmp_path: Path) -> None:
    program = f"""
import time
from pathlib import Path
from edge_node.engines.onnx_session import OnnxSession
OnnxSession(Path({str(models.require("dlib_resnet"))!r}))
time.sleep(2)
"""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=os.environ | home, check=True)
    assert list(tmp_path.rglob("*")) == []
