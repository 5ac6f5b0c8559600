"""The lectures, one a file; `_kit` is the drawing vocabulary that they share."""
