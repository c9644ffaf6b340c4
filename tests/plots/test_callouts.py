import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onelayer.plots.callouts import callouts

FRAME = (0.0, 0.0, 400.0, 200.0)
NOTHING = np.zeros((0, 2))


def boxes(places, sizes):
    return [
        (p.x - w / 2, p.y - h / 2, p.x + w / 2, p.y + h / 2) for p, (w, h) in zip(places, sizes, strict=True)
    ]


def covers(box, x, y, margin=0.0):
    left, top, right, bottom = box
    return left - margin < x < right + margin and top - margin < y < bottom + margin


def placed(marks, dots=NOTHING, lines=(), size=(40.0, 15.0)):
    sizes = np.tile(size, (len(marks), 1))
    found = callouts(np.array(marks, dtype=float), sizes, dots, lines, FRAME, radius=4.5, dot_radius=3)
    return found, boxes(found, sizes)


def test_a_lonely_dot_has_its_name_to_the_right_and_close():
    (place,), ((left, *_),) = placed([(100, 100)])
    assert (place.side, place.y, place.leader) == ("right", 100, None)
    assert left == pytest.approx(106.5)


def test_a_dot_at_the_edge_has_it_inside_and_uncovered():
    (place,), (box,) = placed([(395, 100)])
    assert place.side != "right"
    assert box[2] <= 400
    assert not covers(box, 395, 100, margin=4.5)


def test_a_curve_beside_a_dot_is_avoided():
    curve = np.array([[130.0, 0.0], [130.0, 200.0]])
    _, ((left, _, right, _),) = placed([(100, 100)], lines=[curve])
    assert not left < 130 < right


def test_a_name_among_dots_stands_apart_with_a_line_to_its_dot():
    """A square of dots all around: the nearest free place is outside of it."""
    grid = np.stack(np.meshgrid(np.arange(70, 131, 6), np.arange(70, 131, 6)), axis=-1).reshape(-1, 2)
    (place,), (box,) = placed([(100, 100)], dots=grid.astype(float))
    assert not any(covers(box, x, y) for x, y in grid)
    (x1, y1), (x2, y2) = place.leader
    assert np.hypot(x1 - 100, y1 - 100) == pytest.approx(4.5)
    assert box[0] <= x2 <= box[2]
    assert box[1] <= y2 <= box[3]


@example([(20.0, 20.0)] * 3, [])  # in a corner; no place for the third is off all leaders too
@given(
    st.lists(st.tuples(st.floats(20, 380), st.floats(20, 180)), min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 200)), max_size=40),
)
def test_names_stay_in_the_frame_and_off_each_other(marks, dots):
    _, drawn = placed(marks, np.array(dots, dtype=float).reshape(-1, 2))
    for k, (left, top, right, bottom) in enumerate(drawn):
        assert left >= -1e-9
        assert top >= -1e-9
        assert right <= 400 + 1e-9
        assert bottom <= 200 + 1e-9
        for other in drawn[:k]:
            apart = left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
            assert apart


def test_no_marks_have_no_names():
    assert placed(np.zeros((0, 2)))[0] == []
