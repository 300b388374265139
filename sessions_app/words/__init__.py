"""Words as they are looked for: how text is cut and folded, what a search asks, what an index holds."""
