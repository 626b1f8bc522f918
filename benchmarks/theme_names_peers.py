"""The peers of `theme_names.py`, run with their own interpreter: class TF-IDF as BERTopic computes it, and candidates for KeyBERT.

Weight of a word in a theme: its share of the theme's words x log(1 + mean number of words a theme / uses of the word in all).
"""

import json
import sys

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

given = json.load(sys.stdin)
theme = np.array(given["theme"])
joined = [
    " ".join(text for text, own in zip(given["texts"], theme, strict=True) if own == k)
    for k in range(theme.max() + 1)
]


def best(most: int, **options) -> list[list[str]]:
    vectorizer = CountVectorizer(**options)
    counts = vectorizer.fit_transform(joined).toarray().astype(float)
    weights = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    weights *= np.log(1 + counts.sum(axis=1).mean() / counts.sum(axis=0))
    words = vectorizer.get_feature_names_out()
    return [
        [words[place] for place in np.argsort(-row, kind="stable")[:most] if row[place] > 0]
        for row in weights
    ]


json.dump(
    {
        "words": [" ".join(words) for words in best(4)],
        "stopped": [" ".join(words) for words in best(4, stop_words="english")],
        "phrases": best(30, stop_words="english", ngram_range=(1, 3)),
    },
    sys.stdout,
)
