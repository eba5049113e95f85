import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEAVY = ("numpy", "cv2", "onnxruntime", "boto3", "dlib", "PIL", "edge_node")


def test_importing_the_agent_loads_nothing_heavy() -> None:
    code = (
        "import sys, camera_agent, camera_agent.__main__, camera_agent.agent, camera_agent.settings\n"
        "import camera_agent.sources, camera_agent.sources.folder, camera_agent.sources.command\n"
        "import camera_agent.sources.picamera, camera_agent.sources.opencv\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "[]"


def test_publishing_takes_less_than_40_megabytes(
    photos: Path, listener: Any, start_agent: Callable[..., Any]
) -> None:
    agent = start_agent(
        f"  front-door: {{fps: 40, source: {{type: folder, path: {photos}}}}}\n"
        f"  back-door: {{fps: 40, source: {{type: folder, path: {photos}}}}}\n"
    )
    listener.wait_for("edge/frames/front-door", 60)
    assert agent.resident_megabytes < 40
    assert agent.end() == 0
