"""The drivers behind the ports `Detector` and `Embedder`. Imported only where the node is put together."""
