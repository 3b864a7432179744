"""Hypothesis without deadlines: speed is measured in benchmarks/, and machines differ."""

from hypothesis import HealthCheck, settings

settings.register_profile("anacrusis", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("anacrusis")
