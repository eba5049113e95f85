"""What MobileFaceNet expects, and what was measured for it."""

from edge_node.engines.arcface import Network

NETWORK = Network(id="mobilefacenet", dimension=192, threshold=0.533, margin=0.05, scale=128.0)
"""threshold: FMR 1e-4 on 1,250,180 pairs of LFW, with and without mirror. margin: against 200 people of one
photo each it leaves half of the wrong names, and costs 0.1 points of FNIR. Measured in docs/models.md."""
