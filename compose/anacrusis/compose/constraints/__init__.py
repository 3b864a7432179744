"""Constraints: what may be written next. Each is `mask(state)` and `step(state, token)`.

All masks are combined by AND, and look-ahead is part of every mask: a token is offered only where a
legal continuation to the end of the piece exists. Without rules decoding so meets no dead end; with
them voices may still need of one another what none sees (docs/decisions/0013), and `Writer` takes
back what led there.
"""
