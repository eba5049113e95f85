"""JPEG frames from a camera onto MQTT.

    sources.* -> agent -> session -> (broker)

Light on purpose: a source that needs more than the standard library imports it when it is opened.
"""
