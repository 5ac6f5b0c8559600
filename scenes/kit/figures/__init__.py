"""Figures: the pictures of the films, each drawn at any row of a run."""
