"""Language, sentiment and intents of every signal: read in the background, corrected by people, learnt at night."""
