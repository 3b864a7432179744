"""Musical analysis of a score: its key, its chords, and what each track does."""
