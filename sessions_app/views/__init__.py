"""Pages and JSON. Every view of a session begins at `access.found`, or at `access.watched` when it only reads.

A stranger gets 404 from both.
"""
