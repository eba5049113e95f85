"""Questions to the log, answered from an index: `History(path).find(Query(...))` gives a `Page`."""
