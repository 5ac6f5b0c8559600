"""The page: the sheet of pixels, its cells, its layers and the colours of its themes."""
