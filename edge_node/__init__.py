"""JPEG frames on MQTT in, decisions on MQTT out.

    session -> inbox -> decode -> detect -> embed -> match -> track -> decide -> publish
    (network thread)   (worker thread: `pipeline` owns these)          (session)

`node` builds the parts and the threads and takes them down. The core (`faces`, `ports`, `match`, `track`,
`decide`, `pipeline`) does no I/O, reads no clock and logs nothing: time comes in as an argument.
"""
