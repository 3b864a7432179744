"""Files in and out: Standard MIDI, MusicXML and JSON."""
