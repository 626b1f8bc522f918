"""The outcry watch over the company's signals: what is counted, what rings, what is known then, and the budget."""
