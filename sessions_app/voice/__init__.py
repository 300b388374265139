"""Who listens: cf-voice over HTTP, the embedded engine, or a script, behind one contract."""
