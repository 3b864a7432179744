"""Measures of a model: published protocols, and comparisons with music by people."""
