"""What the demo needs before it starts: photos, models, ports, and a config.yaml of its own."""

import socket
from pathlib import Path

import yaml

from broker.config import load
from edge_node.commands.models import install_models
from edge_node.models.install import Models, is_complete
from edge_node.settings import NodeConfig
from scripts import photos

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "var/demo"
PHOTOS = ROOT / "var/photos"
FRAMES_EACH = 6


def prepare() -> bool:
    """Whether photos and models are there. What set-up has fetched already is not asked for again, so that a
    second run needs no network."""
    photos.main(PHOTOS)
    models = Models.of(load(ROOT / "config.yaml", NodeConfig))
    return is_complete(models) or install_models(models) == 0


def write_config(*, once: bool) -> Path:
    """config.yaml with what a demo needs: free ports, pictures shown once, visits that end soon."""
    settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    settings["broker"] = {"host": "127.0.0.1", "port": free_port(1883)}
    settings["cameras"]["front-door"] = {
        "source": {
            "type": "folder",
            "path": str(DEMO / "frames"),
            "loop": not once,
            "frames_each": FRAMES_EACH,
        },
        "fps": 5,
    }
    settings["node"]["state_dir"] = str(ROOT / "var/state")
    settings["gallery"]["source"] = {"type": "folder", "path": str(DEMO / "gallery")}
    settings["decide"] = {"buffer_seconds": 120.0 if once else 3.0}
    settings["web"] = {"port": free_port(8642)}
    settings["log"]["file"] = str(DEMO / "events.jsonl")
    file = DEMO / "config.yaml"
    file.write_text("# Written by ./scripts/demo from config.yaml.\n" + yaml.safe_dump(settings), "utf-8")
    return file


def free_port(wanted: int) -> int:
    """The wanted port, or any other when something listens there already."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError:
            listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
