"""Identification (1:N): whose face is this, among those enrolled?"""

import math

import numpy as np

from broker.messages import EventType
from edge_node.faces import Match, Vectors
from edge_node.gallery import Gallery
from edge_node.search import Nearest


def identify(probes: Vectors, gallery: Gallery, *, threshold: float, margin: float) -> list[Match]:
    """One answer a probe, by cosine similarity to each person's best template.

    Below `threshold` nobody is named. When the lead over the next person is below `margin` the answer is in
    doubt: a restricted person within that margin, and at the threshold, wins; otherwise it is unknown. A
    probe that is not finite is nobody.
    """
    if not gallery.people:
        return [Match(EventType.UNKNOWN, None, None, None, "empty_gallery") for _ in probes]
    finite = np.all(np.isfinite(probes), axis=1)
    found = iter(gallery.search.nearest(probes[finite]) if finite.any() else ())
    return [
        _answer(next(found), gallery, threshold, margin)
        if comparable
        else Match(EventType.UNKNOWN, None, math.nan, math.nan, "below_threshold")
        for comparable in finite.tolist()
    ]


def _answer(nearest: Nearest, gallery: Gallery, threshold: float, margin: float) -> Match:
    people, similarities = nearest
    best = int(np.argmax(similarities))
    similarity = float(similarities[best])
    others = np.delete(similarities, best)
    lead = similarity - float(others.max()) if len(others) else None
    if similarity < threshold:
        return Match(EventType.UNKNOWN, None, similarity, lead, "below_threshold")
    person = gallery.people[people[best]]
    if lead is None or lead >= margin:
        return Match(person.group, person, similarity, lead, "recognised")
    restricted = np.flatnonzero(gallery.restricted[people])
    if len(restricted):
        rival = restricted[np.argmax(similarities[restricted])]
        rival_similarity = float(similarities[rival])
        if rival_similarity >= max(threshold, similarity - margin):
            rival_lead = lead if rival == best else rival_similarity - similarity
            rival_person = gallery.people[people[rival]]
            return Match(EventType.RESTRICTED, rival_person, rival_similarity, rival_lead, "ambiguous")
    return Match(EventType.UNKNOWN, None, similarity, lead, "ambiguous")
