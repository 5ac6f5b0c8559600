"""A plan becomes a film: drawn by a process of its own, encoded, proved and kept."""
