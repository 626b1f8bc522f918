"""The peers of themes.py, run in an environment of their own: BERTopic, UMAP + HDBSCAN tuned on the labels, NMF.

Reads a folder with texts.json, vectors.npy and truth.npy; prints one JSON line a peer.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from memory import peak_megabytes

# Tried on the labels; the best is reported, which no user could do.
TUNED_SIZES = (20, 40, 60, 80, 100)


def main(folder: Path, which: list[str]) -> None:
    texts = json.loads((folder / "texts.json").read_text())
    vectors, truth = np.load(folder / "vectors.npy"), np.load(folder / "truth.npy")
    if "bertopic" in which:
        for run in ("cold", "warm"):
            said(f"BERTopic, default, {run}", truth, vectors, *timed(bertopic, texts, vectors))
    if "tuned" in which:
        tuned(vectors, truth)
    if "nmf" in which:
        said("TF-IDF + NMF, 77 given", truth, vectors, *timed(nmf, texts, 77))


def timed(work: Any, *given: Any) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    labels = work(*given)
    return np.asarray(labels), time.perf_counter() - wall, time.process_time() - cpu


def bertopic(texts: list[str], vectors: Any) -> list[int]:
    from bertopic import BERTopic  # its import is part of a cold start

    return BERTopic(embedding_model=None, calculate_probabilities=False).fit_transform(texts, vectors)[0]


def tuned(vectors: Any, truth: Any) -> None:
    import hdbscan  # slow to load, and not always asked for
    import umap

    wall, cpu = time.perf_counter(), time.process_time()
    reduced = umap.UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=1).fit_transform(vectors)
    tried = []
    for size in TUNED_SIZES:
        labels = hdbscan.HDBSCAN(min_cluster_size=size).fit_predict(reduced)
        tried.append((adjusted_rand_score(truth, reassigned(labels, vectors)), size, labels))
    _, size, labels = max(tried, key=lambda each: each[0])
    spent = time.perf_counter() - wall, time.process_time() - cpu
    said(
        f"UMAP + HDBSCAN, best of {len(TUNED_SIZES)} on the labels (size {size})",
        truth,
        vectors,
        labels,
        *spent,
    )


def nmf(texts: list[str], count: int) -> Any:
    from sklearn.decomposition import NMF  # slow to load, and not always asked for
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = TfidfVectorizer(stop_words="english", min_df=2).fit_transform(texts)
    return NMF(count, init="nndsvd", random_state=1).fit_transform(counts).argmax(axis=1)


def reassigned(labels: Any, vectors: Any) -> Any:
    """Give each outlier (-1) the cluster whose mean is nearest to it."""
    known = np.unique(labels[labels >= 0])
    if not len(known):
        return labels
    means = np.stack([vectors[labels == each].mean(axis=0) for each in known])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    nearest = known[(vectors @ means.T).argmax(axis=1)]
    return np.where(labels < 0, nearest, labels)


def said(name: str, truth: Any, vectors: Any, labels: Any, wall: float, cpu: float) -> None:
    found = {
        "name": name,
        "themes": int(labels.max()) + 1,
        "outliers": float((labels < 0).mean()),
        "ari": adjusted_rand_score(truth, labels),
        "ari_all": adjusted_rand_score(truth, reassigned(labels, vectors)),
        "nmi": normalized_mutual_info_score(truth, labels),
        "seconds": wall,
        "cpu": cpu,
        "megabytes": peak_megabytes(),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
