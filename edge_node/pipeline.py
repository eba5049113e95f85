"""What becomes of one picture: detect -> judge -> embed -> follow -> match -> decide."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import Self

import numpy as np

from broker.messages import EventType
from edge_node.decide import Decider, Decision
from edge_node.faces import Detection, Face, Image, Match, Seen, Vector
from edge_node.gallery import Gallery
from edge_node.match import identify
from edge_node.ports import Detector, Embedder
from edge_node.quality import assess
from edge_node.track import Track
from edge_node.view import View, Views

Settle = Callable[[Sequence[Detection]], Sequence[Track | None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every face of one picture and the decisions it completed; `gallery` is what it was matched against."""

    faces: Sequence[Face]
    decisions: Sequence[Decision]
    gallery: Gallery
    view: View


class Pipeline:
    """Owns the engine. `gallery` may be replaced between pictures, from any thread."""

    def __init__(
        self, *, detector: Detector, embedder: Embedder, gallery: Gallery, decider: Decider, views: Views
    ) -> None:
        self.gallery = gallery
        self.model = f"{detector.id}+{embedder.id}"
        self._detector = detector
        self._embedder = embedder
        self._decider = decider
        self.views = views

    def around(self, detector: Callable[[Detector], Detector]) -> Self:
        """A second pipeline of the same engine for pictures without a camera, with a detector made of this
        one's. For the same thread."""
        return type(self)(
            detector=detector(self._detector),
            embedder=self._embedder,
            gallery=self.gallery,
            decider=self._decider,
            views=self.views,
        )

    def process(self, device: str, image: Image, now: float) -> Outcome:
        """Recognises the faces of a camera's picture and counts them. `now` in monotonic seconds.

        Faces are compared by all that their tracks have gathered, not by this picture alone.
        """
        gallery, view = self.gallery, self.views.of(device)
        settle = partial(self._decider.settled, device=device, now=now, view=view)
        seen = self._look(image, view, settle)
        tracks = self._decider.follow(device, seen, now, view)
        probes = [track.vector if track is not None else None for track in tracks]
        faces = _identified(seen, probes, gallery, view)
        decisions = self._decider.decide(device, tracks, faces, now, view)
        return Outcome(faces, decisions, gallery, view)

    def recognise(self, image: Image, gallery: Gallery, view: View) -> list[Face]:
        """Whose faces are in a picture by itself; leaves no trace in the state of deciding."""
        seen = self._look(image, view, lambda detections: [None] * len(detections))
        return _identified(seen, [one.vector for one in seen], gallery, view)

    def _look(self, image: Image, view: View, settle: Settle) -> list[Seen]:
        """Finds and judges. What is in a mask is dropped; what is too poor, or settled, is not embedded."""
        frame_size = (image.shape[1], image.shape[0])
        found = [one for one in self._detector.detect(image) if not view.hides(one.box, frame_size)]
        qualities = [assess(image, detection) for detection in found]
        faults = [view.limits.fault(quality) for quality in qualities]
        tracks = settle(found)
        new = [not fault and track is None for fault, track in zip(faults, tracks, strict=True)]
        vectors = iter(self._embed(image, list(compress(found, new))))
        seen = []
        for detection, quality, fault, track in zip(found, qualities, faults, tracks, strict=True):
            zone = view.zone_of(detection.box, frame_size)
            if fault:
                seen.append(Seen(detection, quality, None, fault, zone))
            elif track is not None:
                seen.append(Seen(detection, quality, track.vector, None, zone, is_remembered=True))
            else:
                seen.append(Seen(detection, quality, next(vectors), None, zone))
        return seen

    def _embed(self, image: Image, detections: Sequence[Detection]) -> Iterable[Vector]:
        return self._embedder.embed(image, detections) if detections else ()


def _identified(
    seen: Sequence[Seen], probes: Sequence[Vector | None], gallery: Gallery, view: View
) -> list[Face]:
    """Each face with its match: by the probe, or none because of its fault."""
    good = [probe for probe, one in zip(probes, seen, strict=True) if probe is not None and not one.fault]
    matches: Iterable[Match] = ()
    if good:
        matches = identify(np.stack(good), gallery, threshold=view.threshold, margin=view.margin)
    answers = iter(matches)
    return [
        Face(one, Match(EventType.UNKNOWN, None, None, None, one.fault) if one.fault else next(answers))
        for one in seen
    ]
