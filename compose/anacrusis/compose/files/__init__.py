"""Files in and out: MusicXML and Standard MIDI."""
