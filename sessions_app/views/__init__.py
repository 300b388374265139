"""Pages and JSON. Every view of a session begins at `access.found`: a stranger gets 404."""
