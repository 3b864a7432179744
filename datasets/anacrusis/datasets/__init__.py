"""Data sets: what they are, where they come from, and how they become training shards."""
