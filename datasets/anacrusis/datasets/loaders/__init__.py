"""Loaders: one module per kind of source file, each turning files into pieces."""
