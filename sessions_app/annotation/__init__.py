"""From what was heard to what is kept: events, their bands, their rendering in words. No I/O, no clock."""
