"""How does a customer feel, and what do they want? Words lists at the start, learnt from the company's own texts later.

`start` judges with hand-written word lists in five languages and needs no data; `learning` fits a model to texts whose
labels are known (ratings, corrections by people), and `adoption` lets it replace the lists only where it is better
on texts that it has not seen. Sentiment is one of `SENTIMENTS`; of `INTENTS` several may hold, or none.
"""

SENTIMENTS = ("negative", "neutral", "positive")
INTENTS = ("complaint", "request", "question", "praise", "threat", "legal", "safety")
