"""Proof: what may be wrong with a frame, and what a figure claims."""
