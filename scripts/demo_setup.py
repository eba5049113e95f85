"""What the demo needs before it starts: photos, models, ports, and a config.yaml of its own."""

import socket
from contextlib import ExitStack
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
STATE = ROOT / "var/state"
FRAMES_EACH = 6


def prepare() -> bool:
    """Whether photos and models are there. What set-up has fetched already is not asked for again, so that a
    second run needs no network."""
    photos.main(PHOTOS)
    models = Models.of(load(ROOT / "config.yaml", NodeConfig))
    return is_complete(models) or install_models(models) == 0


def forget_visits() -> None:
    """Whom a demo before this one showed would be no news for two minutes."""
    (STATE / "visits.json").unlink(missing_ok=True)


def write_config(claims: ExitStack, *, once: bool) -> Path:
    """config.yaml with what a demo needs: ports of its own, pictures shown once, visits that end soon."""
    settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    settings["broker"] = {"host": "127.0.0.1", "port": claim_port(1883, claims)}
    settings["cameras"]["front-door"] = {
        "source": {
            "type": "folder",
            "path": str(DEMO / "frames"),
            "loop": not once,
            "frames_each": FRAMES_EACH,
        },
        "fps": 5,
    }
    settings["node"]["state_dir"] = str(STATE)
    settings["gallery"]["source"] = {"type": "folder", "path": str(DEMO / "gallery")}
    settings["decide"] = {"buffer_seconds": 120.0 if once else 3.0}
    settings["web"] = {"port": claim_port(8642, claims)}
    settings["log"]["file"] = str(DEMO / "events.jsonl")
    file = DEMO / "config.yaml"
    file.write_text("# Written by ./scripts/demo from config.yaml.\n" + yaml.safe_dump(settings), "utf-8")
    return file


def claim_port(wanted: int, claims: ExitStack) -> int:
    """The wanted port, or any other when something listens there, or another demo claims it.

    It takes seconds until something listens, so the claim lasts as long as `claims`. It is the name of a
    socket: the same for all users of the machine, and gone with the process.
    """
    claim = claims.enter_context(socket.socket(socket.AF_UNIX))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
            port = int(listener.getsockname()[1])
            claim.bind(f"\0edge-demo-{port}")
        except OSError:
            return claim_port(0, claims)
        return port
