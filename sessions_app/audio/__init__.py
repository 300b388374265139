"""Sound as bytes and samples: PCM conversion, levels, and exact windows. Knows nothing of sessions."""
