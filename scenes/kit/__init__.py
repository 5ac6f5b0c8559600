"""The drawing vocabulary that the lectures share; one noun a file.

settings    knobs of a lecture: default, help and limits in one place
theme       colours by role, dark, light and print
page        the 1920 x 1080 sheet: pixels to scene units, safe area, columns
typeset     words and formulas by Typst, with the fonts that it carries
readouts    running numbers that do not shiver
plots       axes, lines, points and segments that stand where the data say
clipping    paths cut exactly at the edge of their axes
tiling      squares poured into one square
marks       discs, rings, diamonds and arrows that mean something
curves      curves, secants and a lens over them
contours    level lines of a loss, exact
data_plane       points and the model's line among them
parameter_plane  contours with start and minimum
loss_curve       the loss against the step
update_rule      one update in symbols and numbers
secant_table     a step, its rise and their ratio, row by row
stage*           the loss surface in 3D, and the paths that descend on it
contour_panel    a small contour plot among others
moving_map       a contour plot whose loss and window change from frame to frame
feature_plane    the points of a feature in some unit, with a line among them
run_path         a run row after row, to the exact place where it leaves its axes
loss_curves      several runs' losses on one clock
counters         numbers that run with a clock and stop at their finish
code_block       lines of code, lit and quiet, and the band behind those that are lit
printed_table    what a loop prints, to the digits that several programs share
loss_parabola    the loss of one weight, with a lane for its steps
gradient_arrow   both slopes as one arrow, its scale stated
pacing      which row of a trajectory a frame shows
story       what a film is made of: a dataset and named runs
choices     what is chosen for a lecturer, and what is refused
lecture     the base of every lecture: theme, beats, layers
layout      what may be wrong with a frame, found by looking at it
"""
