"""One error for each boundary of the node. `reason` is a short code to count it under."""


class DecodeError(Exception):
    """Bytes that are no acceptable JPEG."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class EngineError(Exception):
    """A model that cannot be had or loaded. The text says what to do about it."""


class GalleryError(Exception):
    """A source of reference photos that cannot be read; the last good gallery stays."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
