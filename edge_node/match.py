"""Identification (1:N): whose face is this, among those enrolled?"""

import numpy as np

from broker.messages import EventType
from edge_node.faces import Match, Vectors
from edge_node.gallery import Gallery


def identify(probes: Vectors, gallery: Gallery, *, threshold: float, margin: float) -> list[Match]:
    """One answer a probe, by cosine similarity to each person's best template.

    Below `threshold` nobody is named. When the lead over the next person is below `margin` the answer is in
    doubt: a restricted person within that margin, and at the threshold, wins; otherwise it is unknown.
    """
    if not gallery.people:
        return [Match(EventType.UNKNOWN, None, None, None, "empty_gallery") for _ in probes]
    starts = np.searchsorted(gallery.owners, np.arange(len(gallery.people)))
    people = np.maximum.reduceat(gallery.vectors @ probes.T, starts, axis=0)
    return [_answer(similarities, gallery, threshold, margin) for similarities in people.T]


def _answer(similarities: Vectors, gallery: Gallery, threshold: float, margin: float) -> Match:
    ranked = np.argsort(similarities)[::-1]
    best, similarity = int(ranked[0]), float(similarities[ranked[0]])
    lead = similarity - float(similarities[ranked[1]]) if len(ranked) > 1 else None
    if not similarity >= threshold:  # also when it is not a number
        return Match(EventType.UNKNOWN, None, similarity, lead, "below_threshold")
    person = gallery.people[best]
    if lead is None or lead >= margin:
        return Match(person.group, person, similarity, lead, "recognised")
    least = max(threshold, similarity - margin)
    for index in ranked:
        rival = gallery.people[index]
        if not similarities[index] >= least:
            break
        if rival.group is EventType.RESTRICTED:
            rival_similarity = float(similarities[index])
            rival_lead = lead if index == best else rival_similarity - similarity
            return Match(EventType.RESTRICTED, rival, rival_similarity, rival_lead, "ambiguous")
    return Match(EventType.UNKNOWN, None, similarity, lead, "ambiguous")
