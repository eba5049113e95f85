"""The commands of `edge-node`, a module each."""
