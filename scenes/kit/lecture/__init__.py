"""The lecture: beats on a clock, the story they are drawn from, and what a lecturer may set."""
