"""The music model: configuration, rotary positions, training shards, training, export, runtime."""
