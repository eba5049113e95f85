"""Agents at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.settings import BrokerSettings
from tests.camera_agent.agent_process import AgentProcess, StartAgent


@pytest.fixture
def start_agent(tmp_path: Path, broker_settings: BrokerSettings) -> Iterator[StartAgent]:
    """Starts agents on the test's own broker, or on the one at `port`, and ends them after the test."""
    started: list[AgentProcess] = []

    def start(cameras: str, *options: str, port: int = broker_settings.port) -> AgentProcess:
        started.append(AgentProcess(tmp_path, port, cameras, *options))
        return started[-1]

    yield start
    for agent in started:
        agent.process.kill()
        agent.process.wait()
