"""Constraints: what may be written next. Each is `mask(state)` and `step(state, token)`.

All masks are combined by AND, and look-ahead is part of every mask: a token is offered only where a
legal continuation to the end of the piece exists, so decoding never meets a dead end and never has
to start over.
"""
