// Losses are looked up by sqrt(v / 2): no loss that is drawn is above twice the cut. Nothing is filtered:
// filtering is slow in software, and the tables are finer than the eye.
uniform sampler2D ramp;   // colour, and the nearest rung of the level lines
uniform sampler2D bands;  // row 0: colour of each band between two rungs
uniform sampler2D rungs;  // number of the band below the nearest rung
ivec2 texel(float v) { return ivec2(int(sqrt(clamp(v, 0.0, 1.999) * 0.5) * 4096.0), 0); }
