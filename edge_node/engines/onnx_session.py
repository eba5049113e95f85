"""The only file that imports onnxruntime."""

import os
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from edge_node.errors import EngineError

# Before the import: onnxruntime reports on its use to its makers otherwise, and writes to the home folder.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

Tensor = npt.NDArray[np.float32]

ERRORS_ONLY = 3


_in_memory: WeakValueDictionary[tuple[Path, int, int], onnxruntime.InferenceSession] = WeakValueDictionary()


def _loaded(path: Path) -> onnxruntime.InferenceSession:
    """One network is in memory once, whoever uses it; onnxruntime may run it on several threads at a time."""
    facts = path.stat()
    key = path.resolve(), facts.st_mtime_ns, facts.st_size
    session = _in_memory.get(key)
    if session is None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        _in_memory[key] = session
    return session


class OnnxSession:
    """A network in memory, run on one thread: a second one gained nothing, a second process does."""

    def __init__(self, path: Path) -> None:
        """Raises EngineError for a file that is missing or no network."""
        try:
            self._session = _loaded(path)
        except OSError as error:
            raise EngineError(
                f"{path} cannot be read: {error.strerror}; run: edge-node models install"
            ) from error
        except Exception as error:  # onnxruntime's errors share no narrower class
            raise EngineError(
                f"{path} is no usable network; run: edge-node models install ({error})"
            ) from error
        self._path = path
        self._input = self._session.get_inputs()[0].name
        self._first_output = self._session.get_outputs()[0].name
        shape = self._session.get_inputs()[0].shape
        self._takes_one = bool(shape) and shape[0] == 1

    def run(self, outputs: Sequence[str], batch: Tensor) -> list[Tensor]:
        """The named outputs for one batch. Raises EngineError for a batch that does not suit the network."""
        try:
            tensors: list[Tensor] = self._session.run(list(outputs), {self._input: batch})
        except Exception as error:  # onnxruntime's errors share no narrower class
            raise EngineError(f"{self._path} does not take {batch.shape}: {error}") from error
        return tensors

    def first_output(self, batch: Tensor) -> Tensor:
        """One row an item; also of networks that were saved for one item at a time."""
        if not self._takes_one:
            return self.run([self._first_output], batch)[0]
        rows = [self.run([self._first_output], item[None])[0] for item in batch]
        return np.concatenate(rows)
