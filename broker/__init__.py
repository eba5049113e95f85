"""What both ends agree on: topic names, messages, settings, and how to hold a session with the broker.

Not the broker itself, which is Mosquitto, but the agreement with it. `local` starts one on this machine.
"""
