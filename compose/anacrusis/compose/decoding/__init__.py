"""Decoding: the model's next-token distribution under constraints becomes a plan and a score."""
