"""The authors' vocabulary: what a lecture imports, each name loaded when it is first used.

    page/     the sheet of 1920 x 1080 pixels, its cells, its layers, the colours of its themes
    type/     words and formulas, running digits, and how every number is written
    plot/     axes, and what stands in them where the data say; labels that find their places
    lecture/  beats on a clock, the story they are drawn from, and what a lecturer may set
    figures/  the pictures, each drawn at any row of a run
    stage/    the loss surface in 3D
    proof/    what may be wrong with a frame, and what a figure claims

A room imports only those above it; proof sees all.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
