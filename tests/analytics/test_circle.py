"""Nodes on a circle: crossings counted as in a drawing, and as few as can be."""

from __future__ import annotations

from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from interlock.analytics.circle import circular_order, crossings

NODES = tuple("abcdefg")
edges = st.sets(st.sampled_from(list(combinations(NODES[:6], 2))), max_size=9).map(tuple)


def drawn_crossings(order, edges) -> int:
    """Walk round the circle: two lines cross if exactly one end of the second lies between those of the first."""
    count = 0
    for first, second in combinations(edges, 2):
        if set(first) & set(second):
            continue
        start, end = sorted(order.index(node) for node in first)
        inside = [start < order.index(node) < end for node in second]
        count += inside[0] != inside[1]
    return count


@given(edges=edges, order=st.permutations(NODES[:6]))
def test_crossings_agree_with_walking_round_the_circle(edges, order):
    assert crossings(order, edges) == drawn_crossings(order, edges)


@given(edges=edges)
def test_no_order_of_up_to_eight_nodes_has_fewer_crossings(edges):
    nodes = NODES[:6]
    order = circular_order(nodes, edges)

    fewest = min(drawn_crossings((nodes[0], *rest), edges) for rest in permutations(nodes[1:]))
    assert sorted(order) == sorted(nodes)
    assert drawn_crossings(order, edges) == fewest


def test_a_tree_is_drawn_free_of_crossings_with_ten_nodes():
    nodes = tuple(str(number) for number in range(10))
    path = tuple((str(number), str((number * 3) % 10)) for number in (1, 2, 4, 5, 7))

    assert crossings(circular_order(nodes, path), path) == 0
