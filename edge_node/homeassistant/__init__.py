"""What Home Assistant is told so that cameras, nodes and people appear in it by themselves.

    settings, cameras, people -> inventory -> devices -> transition -> discovery messages
                                 (pure)                  (pure)

`announcer` sends them, and remembers what it has sent so that nothing stays behind.
"""
