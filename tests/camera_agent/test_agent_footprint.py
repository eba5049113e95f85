import subprocess
import sys
from pathlib import Path

from tests.camera_agent.agent_process import ROOT, StartAgent
from tests.watcher import Watcher

HEAVY = ("numpy", "cv2", "onnxruntime", "boto3", "dlib", "PIL", "zeroconf", "edge_node")


def test_importing_the_agent_loads_nothing_heavy() -> None:
    code = (
        "import sys, camera_agent, camera_agent.__main__, camera_agent.agent, camera_agent.settings\n"
        "import camera_agent.sources, camera_agent.sources.folder, camera_agent.sources.command\n"
        "import camera_agent.sources.picamera, camera_agent.sources.opencv\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "[]"


def test_publishing_takes_less_than_40_megabytes(
    photos: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(
        f"  front-door: {{fps: 40, source: {{type: folder, path: {photos}}}}}\n"
        f"  back-door: {{fps: 40, source: {{type: folder, path: {photos}}}}}\n"
    )
    watcher.wait_for_count("edge/frames/front-door", 60)
    assert agent.resident_megabytes < 40
    assert agent.end() == 0
