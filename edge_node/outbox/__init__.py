"""Events wait here, on disk, until the logger has them on its own: see docs/reliability.md."""
