"""The models on this machine: fetched, checked, converted and kept in the state folder."""

import hashlib
import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

from edge_node.errors import EngineError
from edge_node.models import cache
from edge_node.models.catalogue import CATALOGUE, MODELS, Model
from edge_node.models.sources import UnavailableError, from_afar, on_this_machine
from edge_node.settings import NodeConfig


class Models:
    """kept_in: where ready models lie. folder: files that were fetched by other means, `models.dir`."""

    def __init__(self, kept_in: Path, folder: Path | None = None) -> None:
        self.kept_in = kept_in
        self._folders = [kept_in] if folder is None else [folder, kept_in]

    @classmethod
    def of(cls, config: NodeConfig) -> "Models":
        return cls(config.node.state_folder() / "models", config.models.folder())

    def path(self, model: Model) -> Path:
        """Where a model is kept once it is ready. Another original or another converter has another name."""
        if model.converter is None:
            return self.kept_in / f"{model.name}-{model.sha256:.12}{Path(model.file).suffix}"
        key = hashlib.sha256(model.sha256.encode() + _source(model.converter)).hexdigest()
        return self.kept_in / f"{model.name}-{key:.12}.onnx"

    def is_ready(self, model: Model) -> bool:
        return cache.is_whole(self.path(model))

    def find(self, name: str) -> Path | None:
        """A ready model, made anew where the file is missing or torn and its original is on this machine."""
        try:
            return self._prepare(MODELS[name])
        except UnavailableError:
            return None

    def require(self, name: str) -> Path:
        """As `find`, but raises EngineError when the model is not on this machine."""
        try:
            return self._prepare(MODELS[name])
        except UnavailableError as error:
            raise EngineError(f"{name}: {error}; run: edge-node models install {name}") from error

    def install(self, name: str) -> Path:
        """Also over the network. Raises UnavailableError, saying where it was looked for."""
        model = MODELS[name]
        if not self.is_ready(model):
            self._make(model, lambda: self._fetch(model))
        return self.path(model)

    def damaged(self) -> list[Path]:
        """What was kept here and is no longer as it was written."""
        kept = [stamp.with_suffix("") for stamp in self.kept_in.glob(f"*{cache.STAMP}")]
        return sorted(path for path in kept if not cache.is_whole(path))

    def discard_damaged(self) -> None:
        for path in self.damaged():
            cache.discard(path)

    def _prepare(self, model: Model) -> Path:
        if not self.is_ready(model):
            original = on_this_machine(model, self._folders)
            self._make(model, lambda: original)
        return self.path(model)

    def _make(self, model: Model, fetch: Callable[[], bytes]) -> None:
        path = self.path(model)
        try:
            with cache.one_writer(self.kept_in, model.name):
                if cache.is_whole(path):
                    return
                cache.keep(path, _convert(model, fetch()))
                for other in self.kept_in.glob(f"{model.name}-*{path.suffix}"):
                    if other != path:
                        cache.discard(other)
        except OSError as error:
            raise EngineError(f"{self.kept_in} cannot be written: {error}; see node.state_dir") from error

    def _fetch(self, model: Model) -> bytes:
        try:
            return on_this_machine(model, self._folders)
        except UnavailableError as near:
            try:
                data = from_afar(model)
            except UnavailableError as far:
                raise UnavailableError(f"{near}, and {far}") from far
        if model.converter is not None:
            cache.keep(self.kept_in / model.file, data)  # so that another converter needs no network
        return data


def is_complete(models: Models) -> bool:
    """Whether faces can be found and told apart: a detector and an embedder are ready."""
    return {model.kind for model in CATALOGUE if models.is_ready(model)} == {"detector", "embedder"}


def _convert(model: Model, original: bytes) -> bytes:
    if model.converter is None:
        return original
    converted: bytes = importlib.import_module(model.converter).convert(original)
    return converted


def _source(module: str) -> bytes:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_bytes()
