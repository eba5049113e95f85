"""What becomes of one picture: detect -> embed -> match -> decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_node.decide import Decider, Decision
from edge_node.faces import Face, Image
from edge_node.gallery import Gallery
from edge_node.match import identify
from edge_node.ports import Detector, Embedder


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every face of one picture and the decisions it completed; `gallery` is what it was matched against."""

    faces: Sequence[Face]
    decisions: Sequence[Decision]
    gallery: Gallery


class Pipeline:
    """Owns the engine. `gallery` may be replaced between pictures, from any thread.

    threshold and margin are cosines; min_face is the least height of a face in pixels.
    """

    def __init__(
        self,
        *,
        detector: Detector,
        embedder: Embedder,
        gallery: Gallery,
        decider: Decider,
        threshold: float,
        margin: float,
        min_face: int,
    ) -> None:
        self.gallery = gallery
        self.threshold = threshold
        self.model = f"{detector.id}+{embedder.id}"
        self._detector = detector
        self._embedder = embedder
        self._decider = decider
        self._margin = margin
        self._min_face = min_face

    def process(self, device: str, image: Image, now: float) -> Outcome:
        """Recognises the faces of a camera's picture and counts them. `now` in monotonic seconds."""
        gallery = self.gallery
        faces = self.recognise(image, gallery)
        return Outcome(faces, self._decider.decide(device, faces, now), gallery)

    def recognise(self, image: Image, gallery: Gallery) -> list[Face]:
        """Whose faces are in a picture; leaves no trace in the state of deciding."""
        found = self._detector.detect(image)
        detections = [detection for detection in found if detection.box.height >= self._min_face]
        if not detections:
            return []
        vectors = self._embedder.embed(image, detections)
        matches = identify(vectors, gallery, threshold=self.threshold, margin=self._margin)
        return [Face(*parts) for parts in zip(detections, vectors, matches, strict=True)]
