"""A synthetic company of any size for the benchmarks: coherent tables, a few planted faults, made with numpy.

`company(lines)` returns Arrow tables with the columns that rules and drivers read. Two years of orders
end on a fixed day; 12 teams sell 40 families into 20 regions from 30 sites; one team and family
breaks its promises, one batch fails, one family's returns rise, one rival wins.
"""

import numpy as np
import pyarrow as pa

UNTIL = np.datetime64("2026-11-19T00:00:00", "us")
DAY = np.timedelta64(86_400_000_000, "us")
DAYS = 730
FAMILIES, PRODUCTS, TEAMS, SITES, REGIONS = 40, 400, 12, 30, 20


def names(prefix: str, codes: np.ndarray) -> pa.Array:
    """Return keys such as `T7`, built once per level."""
    levels = pa.array([f"{prefix}{number}" for number in range(int(codes.max()) + 1)])
    return levels.take(pa.array(codes))


def long_keys(prefix: str, codes: np.ndarray) -> pa.Array:
    """Return keys for columns with as many levels as rows."""
    return pa.array(np.char.add(prefix, codes.astype("U9")))


def company(lines: int, *, seed: int = 1) -> dict[str, pa.Table]:
    """Return the tables of a company with that many order lines and 3 signals for every 10."""
    rng = np.random.default_rng(seed)
    orders, accounts = int(lines / 1.6), max(lines // 5, 100)
    order = np.sort(rng.integers(0, orders, lines))
    ordered = UNTIL - (np.sort(rng.random(orders))[::-1] * DAYS * 86_400e6).astype("timedelta64[us]")
    account = rng.integers(0, accounts, orders)
    team, product = rng.integers(0, TEAMS, orders), rng.integers(0, PRODUCTS, lines)
    region = rng.integers(0, REGIONS, accounts)
    family, site = product % FAMILIES, rng.integers(0, SITES, lines)
    late = rng.random(lines) < _late_chance(team[order], family, region[account[order]])
    promised = ordered[order] + rng.integers(5, 30, lines) * DAY
    delivered = promised + np.where(late, rng.integers(1, 20, lines), -rng.integers(0, 5, lines)) * DAY
    arrived = delivered < UNTIL
    batch = (((UNTIL - ordered[order]) // DAY).astype(int) // 14) * PRODUCTS + product
    amount = np.round(20 + rng.gamma(2.0, 60.0, lines), 2)
    signals = _signals(rng, int(0.3 * lines), delivered, arrived, late, batch, account[order], product)
    times = pa.timestamp("us")
    return {
        "teams": pa.table({"team_id": names("T", np.arange(TEAMS)), "name": names("Team ", np.arange(TEAMS)),
                           "function": pa.array(["sales"] * TEAMS)}),
        "accounts": pa.table({"account_id": long_keys("A", np.arange(accounts)), "region": names("R", region),
                              "segment": names("S", rng.integers(0, 4, accounts))}),
        "products": pa.table({"product_id": names("P", np.arange(PRODUCTS)),
                              "family": names("F", np.arange(PRODUCTS) % FAMILIES),
                              "name": names("Product ", np.arange(PRODUCTS)),
                              "unit_margin": pa.array(np.full(PRODUCTS, 30.0))}),
        "orders": pa.table({"order_id": long_keys("O", np.arange(orders)), "account_id": long_keys("A", account),
                            "ordered_at": pa.array(ordered, times), "team_id": names("T", team),
                            "channel": names("C", rng.integers(0, 3, orders)),
                            "status": pa.array(["done"]).take(pa.array(np.zeros(orders, int))),
                            "currency": pa.array(["EUR"]).take(pa.array(np.zeros(orders, int)))}),
        "order_lines": pa.table({"line_id": long_keys("L", np.arange(lines)), "order_id": long_keys("O", order),
                                 "product_id": names("P", product), "quantity": pa.array(np.ones(lines)),
                                 "amount": pa.array(amount), "promised_at": pa.array(promised, times),
                                 "shipped_at": pa.array(delivered - 2 * DAY, times, mask=~arrived),
                                 "delivered_at": pa.array(delivered, times, mask=~arrived),
                                 "batch_id": names("B", batch), "site_id": names("SITE", site)}),
        "signals": signals,
        "deals": _deals(rng, max(lines // 50, 1000), accounts),
    }  # fmt: skip


def _late_chance(team: np.ndarray, family: np.ndarray, region: np.ndarray) -> np.ndarray:
    chance = 0.08 + 0.12 * (region == 3) + 0.02 * (family % 3 == 0)
    return np.where((team == 4) & (family == 7), 0.34, chance)


def _signals(
    rng: np.random.Generator,
    count: int,
    delivered: np.ndarray,
    arrived: np.ndarray,
    late: np.ndarray,
    batch: np.ndarray,
    account: np.ndarray,
    product: np.ndarray,
) -> pa.Table:
    """A third of the lines says something: mostly ratings, some complaints and returns."""
    bad_batch = int(PRODUCTS * 3 + 11)
    weight = np.where(arrived, 1.0 + 2.0 * late + 3.0 * (batch == bad_batch), 0.0)
    line = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count))
    line = np.minimum(line, weight.size - 1)
    bad = rng.random(count) < np.where(batch[line] == bad_batch, 0.6, np.where(late[line], 0.5, 0.12))
    kind = np.where(bad, rng.choice(3, count, p=[0.5, 0.3, 0.2]), rng.choice([0, 3], count, p=[0.8, 0.2]))
    occurred = delivered[line] + rng.integers(1, 30, count) * DAY
    kept = occurred < UNTIL
    line, bad, kind, occurred = line[kept], bad[kept], kind[kept], occurred[kept]
    replied = occurred + rng.gamma(1.5, 12.0, line.size).astype("timedelta64[h]")
    stars = np.where(bad, rng.integers(1, 3, line.size), rng.integers(3, 6, line.size)).astype(float)
    texts = pa.array(
        ["It came two weeks after the promised day.", "The lever broke on the first ride.", "All fine."]
    )
    return pa.table({
        "signal_id": long_keys("S", np.arange(line.size)),
        "kind": pa.array(["review", "complaint", "return", "ticket"]).take(pa.array(kind)),
        "occurred_at": pa.array(occurred, pa.timestamp("us")),
        "account_id": long_keys("A", account[line]),
        "line_id": long_keys("L", line),
        "product_id": names("P", product[line]),
        "channel": names("C", rng.integers(0, 3, line.size)),
        "rating": pa.array(stars, mask=kind != 0),
        "rating_max": pa.array(np.full(line.size, 5.0)),
        "body": texts.take(pa.array(np.where(bad, rng.integers(0, 2, line.size), 2))),
        "first_reply_at": pa.array(replied, pa.timestamp("us")),
        "cost": pa.array(np.round(rng.gamma(2.0, 8.0, line.size), 2), mask=kind == 0),
    })  # fmt: skip


def _deals(rng: np.random.Generator, count: int, accounts: int) -> pa.Table:
    rival = rng.integers(0, 5, count)
    lost = rng.random(count) < np.where(rival == 2, 0.7, 0.45)
    closed = UNTIL - (rng.random(count) * DAYS * 86_400e6).astype("timedelta64[us]")
    return pa.table({
        "deal_id": long_keys("D", np.arange(count)),
        "account_id": long_keys("A", rng.integers(0, accounts, count)),
        "product_id": names("P", rng.integers(0, PRODUCTS, count)),
        "closed_at": pa.array(closed, pa.timestamp("us")),
        "outcome": pa.array(["won", "lost"]).take(pa.array(lost.astype(int))),
        "amount": pa.array(np.round(rng.gamma(2.0, 4000.0, count), 2)),
        "rival": names("Rival ", rival),
        "loss_reason_buyer": pa.array(["price", "quality of the frame"]).take(pa.array((rng.random(count) < 0.4).astype(int)), ),
    })  # fmt: skip
