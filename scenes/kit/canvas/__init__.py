"""A picture that is kept from frame to frame: what did not change is not drawn again."""
