"""The page where people look: events, cameras, the gallery and the state of everything.

    session (MQTT) -> Board        what nodes and cameras say of themselves
                   -> Cameras      the newest frame of each camera that somebody looks at
    log.file       -> EventHistory events, filtered, sorted and counted
    gallery.source -> Album        photos, and where new ones are put
                      app          turns these into JSON and HTML, for whom `access` lets in

A process of its own: nothing here can slow a node.
"""
