"""From a plan to a score: the data model, tokens, model, constraints, decoding and checking."""
