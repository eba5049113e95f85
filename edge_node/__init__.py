"""JPEG frames on MQTT in, decisions on MQTT out.

    session -> inbox -> decode -> detect -> judge -> embed -> track -> match -> decide -> publish
    (network thread)    (worker thread: from detect on, `pipeline` has these)        (session)

A question about a picture goes session -> questions -> worker -> session, in turn with the frames.

`node` builds the parts and the threads and takes them down. The core (`faces`, `ports`, `view`, `quality`,
`track`, `match`, `decide`, `pipeline`) does no I/O, reads no clock and logs nothing: time comes in as an
argument.
"""
