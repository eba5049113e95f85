"""`edge-node models`: what recognition is done with, and where it is."""

import argparse
from collections.abc import Collection

from edge_node.commands.options import add_config, read_config
from edge_node.errors import EngineError
from edge_node.models.catalogue import CATALOGUE, MODELS, Model
from edge_node.models.install import Models, is_complete
from edge_node.models.sources import UnavailableError
from edge_node.progress import track


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("models", help="list, install or verify the models")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, function, text in (
        ("list", list_models, "show every model, its licence and where it is"),
        ("install", install, "fetch, check and convert the models; quick when that is done already"),
        ("verify", verify, "check the sha256 of everything that is kept"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        add_config(action)
        action.set_defaults(func=function)
        if name == "install":
            action.add_argument("names", nargs="*", type=_name, metavar="NAME", help="default: all")


def list_models(arguments: argparse.Namespace) -> int:
    models = _models(arguments)
    rows = [("NAME", "KIND", "LICENCE", "INSTALLED", "USED BY", "WHERE")]
    for model in CATALOGUE:
        ready = models.is_ready(model)
        where = str(models.path(model)) if ready else "-"
        rows.append((model.name, model.kind, model.licence, "yes" if ready else "no", model.used_by, where))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def install(arguments: argparse.Namespace) -> int:
    return install_models(_models(arguments), arguments.names)


def install_models(models: Models, names: Collection[str] = ()) -> int:
    """Installs what is missing of the named models, or of all, and says what became of each."""
    models.discard_damaged()
    wanted = [model for model in CATALOGUE if not names or model.name in names]
    missing = [model for model in wanted if not models.is_ready(model)]
    installed = {
        model.name: _install(models, model) for model in track(missing, "installing models", len(missing))
    }
    for model in wanted:
        print(f"{model.name}: {installed.get(model.name, 'is installed')}")
    if not is_complete(models):
        print("a detector and the embedder are needed; docs/models.md says how to install them by hand")
        return 1
    return 0


def verify(arguments: argparse.Namespace) -> int:
    models = _models(arguments)
    damaged = models.damaged()
    for path in damaged:
        print(f"{path}: damaged")
    if damaged:
        print("run: edge-node models install")
        return 1
    ready = [model.name for model in CATALOGUE if models.is_ready(model)]
    print(f"{models.kept_in}: nothing is damaged; installed: {', '.join(ready) or 'nothing'}")
    return 0


def _install(models: Models, model: Model) -> str:
    try:
        path = models.install(model.name)
    except UnavailableError as reason:
        if model.stands_in and models.is_ready(MODELS[model.stands_in]):
            return f"{reason}; {model.stands_in} is used instead"
        return str(reason)
    except EngineError as error:
        return str(error)
    return f"installed as {path}"


def _name(text: str) -> str:
    if text not in MODELS:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(MODELS)}, got {text!r}")
    return text


def _models(arguments: argparse.Namespace) -> Models:
    return Models.of(read_config(arguments, or_defaults=True))
