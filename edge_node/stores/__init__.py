"""Drivers for reference photos and for what is learnt from them."""
