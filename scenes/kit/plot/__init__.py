"""Plots: axes, and what stands in them where the data say."""
