"""What becomes of one picture: detect -> judge -> embed -> follow -> match -> decide."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from broker.messages import EventType
from edge_node.attention import Attention
from edge_node.decide import Decider, Decision
from edge_node.faces import Box, Detection, Face, Image, Match, Seen, Vector
from edge_node.gallery import Gallery
from edge_node.match import identify
from edge_node.motion import Glance
from edge_node.ports import Detector, Embedder
from edge_node.quality import assess
from edge_node.track import Track
from edge_node.view import View, Views
from edge_node.watch import Watch

WATCHES_AT_MOST = 64
"""Cameras; of others there is more to look at, and nothing else is lost."""
SAME_SIGHT = 0.85
"""Least correlation; see Glance.likeness."""

Settle = Callable[[Sequence[Detection]], Sequence[Track | None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every face of one picture and the decisions it completed; `gallery` is what it was matched against.

    frame_size: width and height in pixels. image: None when it was not looked at; the answers are the last.
    """

    faces: Sequence[Face]
    decisions: Sequence[Decision]
    gallery: Gallery
    view: View
    frame_size: tuple[int, int]
    image: Image | None = None

    @property
    def is_repeated(self) -> bool:
        return self.image is None


class Pipeline:
    """Owns the engine. `gallery` may be replaced between pictures, from any thread."""

    def __init__(
        self, *, detector: Detector, embedder: Embedder, gallery: Gallery, decider: Decider, views: Views
    ) -> None:
        self.gallery = gallery
        self.model = f"{detector.id}+{embedder.id}"
        self.views = views
        self._detector = detector
        self._embedder = embedder
        self.decider = decider
        self._asked = gallery
        self._watches: dict[str, Watch] = {}

    def recent(self, device: str, now: float) -> Outcome | None:
        """The answers to a camera's last picture, where it is too early to look again; else None."""
        watch = self._watch(device)
        return self._repeated(device, watch) if watch is not None and watch.is_recent(now) else None

    def expects_change(self, device: str) -> bool:
        """Whether the next picture is to be looked at anyway, or something moved on the last one."""
        watch = self._watch(device)
        return watch is None or watch.is_stirred

    def unchanged(self, device: str, glance: Glance, now: float) -> Outcome | None:
        """The answers to a camera's last picture, where nothing has changed since; else None."""
        watch = self._watch(device)
        if watch is None or not watch.is_still(glance, now):
            return None
        watch.is_stirred = False
        self.decider.stay(device, now, self.views.of(device))
        return self._repeated(device, watch)

    def process(self, device: str, image: Image, now: float, glance: Glance | None = None) -> Outcome:
        """Recognises the faces of a camera's picture and counts them. `now` in monotonic seconds.

        Faces are compared by all that their tracks have gathered, not by this picture alone. glance: of the
        same picture, where only what has changed since the last one is to be looked at.
        """
        gallery, view = self._current_gallery(), self.views.of(device)
        part, kept = self._part(device, glance, now, view)
        looks_same = self._looks_same(device, glance)
        attention = Attention(
            within=part,
            min_face=view.limits.min_face,
            known=self.decider.known(device, now, view),
            max_pixels=view.max_pixels,
        )

        def settle(detections: Sequence[Detection]) -> Sequence[Track | None]:
            tracks = self.decider.settled(detections, device=device, now=now, view=view)
            return [
                track if track is not None and looks_same(track, one.box) else None
                for one, track in zip(detections, tracks, strict=True)
            ]

        seen = [*kept, *self._look(image, view, attention, settle)]
        tracks = self.decider.follow(device, seen, now, view)
        probes = [track.vector if track is not None else None for track in tracks]
        faces = _identified(seen, probes, gallery, view)
        decisions = self.decider.decide(device, tracks, faces, now, view)
        outcome = Outcome(faces, decisions, gallery, view, (image.shape[1], image.shape[0]), image)
        if glance is not None:
            self._remember(device, glance, part, outcome, now)
        return outcome

    def recognise(self, image: Image, gallery: Gallery, view: View) -> list[Face]:
        """Whose faces are in a picture by itself; leaves no trace in the state of deciding."""
        attention = Attention(min_face=view.limits.min_face, max_pixels=view.max_pixels)
        seen = self._look(image, view, attention, _nobody)
        return _identified(seen, [one.vector for one in seen], gallery, view)

    def _watch(self, device: str) -> Watch | None:
        """What may still hold of the camera's last picture."""
        watch = self._watches.get(device)
        return watch if watch is not None and watch.is_settled and watch.gallery is self.gallery else None

    def _repeated(self, device: str, watch: Watch) -> Outcome:
        size = watch.glance.frame_size
        return Outcome(watch.faces, (), watch.gallery, self.views.of(device), size)

    def _part(
        self, device: str, glance: Glance | None, now: float, view: View
    ) -> tuple[Box | None, Sequence[Seen]]:
        """Where to look, None for everywhere; and the faces elsewhere, as they were seen."""
        watch = self._watch(device)
        if glance is None or watch is None:
            return None, ()
        part, beyond = watch.part(glance, now)
        kept = self._kept(beyond, device, now, view)
        return (None, ()) if kept is None else (part, kept)

    def _current_gallery(self) -> Gallery:
        gallery = self.gallery
        if gallery is not self._asked:
            self.decider.renew(gallery.people)
            self._asked = gallery
        return gallery

    def _looks_same(self, device: str, glance: Glance | None) -> Callable[[Track, Box], bool]:
        """Whether what is in a box now looks like what the track had last: a replay can change a face for
        another in the same place."""
        watch = self._watches.get(device)
        if glance is None or watch is None:
            return lambda _track, _box: True
        return lambda track, box: glance.likeness(box, watch.glance, track.box) >= SAME_SIGHT

    def _kept(self, seen: Sequence[Seen], device: str, now: float, view: View) -> list[Seen] | None:
        """Faces that are still where they were, by their tracks; None when one of them is not settled."""
        tracks = self.decider.settled([one.detection for one in seen], device=device, now=now, view=view)
        kept = []
        for one, track in zip(seen, tracks, strict=True):
            if not one.fault and track is None:
                return None
            vector = None if one.fault or track is None else track.vector
            kept.append(replace(one, vector=vector, is_remembered=vector is not None))
        return kept

    def _remember(self, device: str, glance: Glance, part: Box | None, outcome: Outcome, now: float) -> None:
        watch = self._watches.get(device)
        is_stirred = watch is None or glance.changes(watch.glance) is not None
        seen = [face.seen for face in outcome.faces]
        is_settled = self._kept(seen, device, now, outcome.view) is not None
        if watch is None and len(self._watches) >= WATCHES_AT_MOST:
            del self._watches[min(self._watches, key=lambda one: self._watches[one].looked_at)]
        if part is None or watch is None:
            self._watches[device] = Watch(
                glance, outcome.faces, outcome.gallery, now, now, is_settled, is_stirred
            )
        else:
            watch.glance, watch.faces = watch.glance.with_part(part, glance), outcome.faces
            watch.looked_at, watch.is_settled, watch.is_stirred = now, is_settled, is_stirred

    def _look(self, image: Image, view: View, attention: Attention, settle: Settle) -> list[Seen]:
        """Finds and judges. What is in a mask is dropped; what is too poor, or settled, is not embedded."""
        frame_size = (image.shape[1], image.shape[0])
        found = [
            one
            for one in self._detector.detect(image, attention)
            if attention.covers(one.box) and not view.hides(one.box, frame_size)
        ]
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


def _nobody(detections: Sequence[Detection]) -> Sequence[Track | None]:
    """No face is settled."""
    return [None] * len(detections)


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
