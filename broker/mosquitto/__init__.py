"""Mosquitto's configuration, made from the topics and limits that the rest of the project uses."""
