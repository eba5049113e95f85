"""Every message of ours that is JSON on the wire."""

from broker.acknowledgement import Acknowledgement
from broker.capture import Capture
from broker.messages import Event, Observation
from broker.presence import DevicePeople, PersonState
from broker.replies import Recognition, Refusal, Reloaded
from broker.states import DeviceStats, GalleryState, NodeStats, OutboxState

MESSAGES = (
    Event,
    Observation,
    Capture,
    GalleryState,
    NodeStats,
    DeviceStats,
    DevicePeople,
    PersonState,
    Recognition,
    Reloaded,
    Refusal,
    Acknowledgement,
    OutboxState,
)
