"""Anticipatory REMI: scores as one stream of tokens, with controls written bars ahead."""
