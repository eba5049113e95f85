import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_node.engines.suppression import MAX_OVERLAP, strongest
from edge_node.faces import Box

SIDE = st.integers(1, 40)
PLACE = st.integers(0, 60)
BOXES = st.lists(st.tuples(PLACE, PLACE, SIDE, SIDE, st.integers(1, 1000)), max_size=30)


@given(BOXES)
def test_of_boxes_that_overlap_the_best_stays(boxes: list[tuple[int, int, int, int, int]]) -> None:
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in boxes], np.float32).reshape(-1, 4)
    scores = np.array([score / 1000 for *_, score in boxes], np.float32)
    kept = strongest(corners, scores).tolist()
    shapes = [Box(x, y, w, h) for x, y, w, h, _ in boxes]
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    for index, shape in enumerate(shapes):
        rivals = [shape.overlap(shapes[other]) > MAX_OVERLAP + 1e-6 for other in kept if other != index]
        if index in kept:
            assert not any(rivals)
        else:
            better = [other for other in kept if scores[other] >= scores[index]]
            assert any(shape.overlap(shapes[other]) > MAX_OVERLAP - 1e-6 for other in better)
