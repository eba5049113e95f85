"""JPEG frames from a camera onto MQTT.

    sources.* -> outlet -> session -> (broker)
    (one thread a camera: `camera`; all of them: `agent`)

Light on purpose: a source that needs more than the standard library imports it when it is opened.
"""
