"""The peers of `feelings.py`, run with their own interpreter: rows as JSON on the way in, labels and chances on the way out."""

import json
import sys
import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

rows = json.load(sys.stdin)
label, test = np.array(rows["label"]), np.array(rows["test"])
known = [text for text, held_back in zip(rows["texts"], rows["test"], strict=True) if not held_back]
unseen = [text for text, held_back in zip(rows["texts"], rows["test"], strict=True) if held_back]
results = []

vader = SentimentIntensityAnalyzer()
began = time.process_time()
scores = np.array([vader.polarity_scores(text)["compound"] for text in unseen])
per_second = len(unseen) / (time.process_time() - began)
results.append(
    (
        "VADER 3.3.2 (English)",
        np.where(scores <= -0.05, 0, np.where(scores >= 0.05, 2, 1)).tolist(),
        None,
        per_second,
    )
)

words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
both = make_union(
    TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
)
for name, features, weighing in (
    ("scikit-learn TF-IDF words + LR", words, None),
    ("scikit-learn TF-IDF words + chars + LR", both, None),
    ("  the same, balanced classes", both, "balanced"),
):
    peer = make_pipeline(features, LogisticRegression(max_iter=1000, class_weight=weighing))
    peer.fit(known, label[~test])
    began = time.process_time()
    chances = peer.predict_proba(unseen)
    per_second = len(unseen) / (time.process_time() - began)
    results.append((name, chances.argmax(axis=1).tolist(), chances.tolist(), per_second))
json.dump(results, sys.stdout)
