"""Skips a test whose models no package has, and says how to run it all the same."""

import importlib.util

import pytest

from edge_node.models.install import Models

LIBRARY = ("dlib", "face_recognition", "face_recognition_models")


def require(models: Models, *names: str) -> None:
    for name in names:
        if models.find(name) is None:
            pytest.skip(f"{name} is in no package registry: name its folder in EDGE_MODELS_DIR")


def require_library() -> None:
    """face_recognition ends the process when it does not find its models, so it is asked for only then."""
    for package in LIBRARY:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
