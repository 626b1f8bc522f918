"""In which order do nodes stand on a circle so that the straight lines between them cross least?

Up to eight nodes every order is tried, so the answer is the best there is; beyond that, pairs are swapped as long
as that helps. Two chords of a circle cross exactly when their four ends alternate. The answer depends on
the input only, so a picture does not change by being drawn again.

Source: Baur, Brandes, "Crossing reduction in circular layouts", WG 2004.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, permutations

Edge = tuple[str, str]
MOST_TRIED = 8


def crossings(order: Sequence[str], edges: Sequence[Edge]) -> int:
    """Return how many pairs of edges cross when the nodes stand on a circle in this order.

    Args:
        order: every node of the edges, once.
        edges: pairs of different nodes.
    """
    place = {node: number for number, node in enumerate(order)}
    spans = [sorted((place[a], place[b])) for a, b in edges]
    return sum(
        a < c < b < d or c < a < d < b for (a, b), (c, d) in combinations(spans, 2) if len({a, b, c, d}) == 4
    )


@lru_cache(maxsize=64)
def circular_order(nodes: tuple[str, ...], edges: tuple[Edge, ...]) -> tuple[str, ...]:
    """Return the nodes in an order with few crossings; the first node stays first.

    Args:
        nodes: different names; the given order decides between equals.
        edges: pairs of different nodes.
    """
    if len(nodes) <= 3:
        return nodes
    if len(nodes) <= MOST_TRIED:
        return _best_of_all(nodes, edges)
    return _improved(nodes, edges)


def _best_of_all(nodes: tuple[str, ...], edges: tuple[Edge, ...]) -> tuple[str, ...]:
    best, fewest = nodes, crossings(nodes, edges)
    for rest in permutations(nodes[1:]):
        if fewest == 0:
            break
        order = (nodes[0], *rest)
        count = crossings(order, edges)
        if count < fewest:
            best, fewest = order, count
    return best


def _improved(nodes: tuple[str, ...], edges: tuple[Edge, ...]) -> tuple[str, ...]:
    order, fewest, better = list(nodes), crossings(nodes, edges), True
    while better and fewest:
        better = False
        for i, j in combinations(range(1, len(order)), 2):
            order[i], order[j] = order[j], order[i]
            count = crossings(order, edges)
            if count < fewest:
                fewest, better = count, True
            else:
                order[i], order[j] = order[j], order[i]
    return tuple(order)
