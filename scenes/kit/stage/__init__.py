"""The stage: the loss surface in 3D, and the paths that descend on it."""
