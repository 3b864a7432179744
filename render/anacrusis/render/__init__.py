"""From a score to sound: engines, stems, mix, loudness and audio files."""
