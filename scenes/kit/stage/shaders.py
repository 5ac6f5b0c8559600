"""The shaders of the 3D stage.

A vertex is (x, y, v) with v = loss / cut, and the slopes of v; its height is made here, so that one buffer
serves every frame of a surface that rises or flattens. The projection repeats ThreeDCamera's: rotate, then
x and y times d / (d - z), then zoom; so what Manim projects lands on the same pixels. Image rows run from
the top down, as in Manim's pixel array. Colours are premultiplied by their opacity, as Cairo has them.
"""

PROJECTION = """#version 330
uniform mat3 rotation; uniform vec3 target; uniform float focal; uniform float zoom; uniform vec2 place;
uniform vec2 half_frame; uniform float depth_scale; uniform vec2 pixels;
uniform float base; uniform float height;

// x, y, loss / cut, and a height that does not depend on the loss
vec3 stand(vec4 at) { return vec3(at.xy, at.w + base + height * at.z); }
vec3 upright(vec2 slope) { return vec3(-height * slope, 1.0); }
vec3 to_view(vec3 p) { return rotation * (p - target); }
vec4 project(vec3 q, float nearer) {
    float f = (focal - q.z) / focal;
    return vec4((q.x * zoom + place.x * f) / half_frame.x, -(q.y * zoom + place.y * f) / half_frame.y,
                -(q.z + nearer) * depth_scale, f);
}
"""

# Losses are looked up by sqrt(v / 2): no loss that is drawn is above twice the cut. Nothing is filtered:
# filtering is slow in software, and the tables are finer than the eye.
TABLES = """
uniform sampler2D ramp;   // colour, and the nearest rung of the level lines
uniform sampler2D bands;  // row 0: colour of each band between two rungs
uniform sampler2D rungs;  // number of the band below the nearest rung
ivec2 texel(float v) { return ivec2(int(sqrt(clamp(v, 0.0, 1.999) * 0.5) * 4096.0), 0); }
"""

# What light does to a colour, apart from the colour: so it can be had at the corners of small faces. Normal
# and direction to the eye have length one, and are of the scene, where light comes from `sun`.
LIGHT = """
uniform vec3 sun; uniform vec3 sun_half_way;
float softened(float along) {
#ifdef PRINTED
    return smoothstep(0.15, 0.95, along * 0.5 + 0.5);
#else
    float soft = max(0.0, along * 0.62 + 0.38);
    return soft * sqrt(sqrt(soft));
#endif
}
// soft light on the upper side and on the lower one, light at the rim, gloss
vec4 lights(vec3 normal, vec3 toward) {
    float along = dot(normal, sun);
    float rim = 1.0 - abs(dot(normal, toward));
    float h = max(dot(normal, sun_half_way), 0.0);
    h *= h; h *= h; h *= h; h *= h; h *= h;
    return vec4(softened(along), softened(-along), 0.22 * rim * rim * rim, h);
}
"""
LIT = """
uniform vec3 ambient; uniform vec3 key; uniform float gloss; uniform vec3 under; uniform float shade;
uniform float dim; uniform vec3 ground;
vec3 lit(vec3 c, vec4 lights, bool back) {
    float soft = back ? lights.y : lights.x;
#ifdef PRINTED
    return c * mix(0.8, back ? 0.88 : 1.0, soft);
#else
    vec3 result = c * (ambient + key * soft + lights.z);
    return back ? result * under : result + gloss * lights.w;
#endif
}
"""

SURFACE_VERTEX = (
    PROJECTION
    + LIGHT
    + """
in vec3 node; in vec2 slope;
uniform float lowest; uniform float highest; uniform vec3 eye;
out float taylor; out vec2 gradient; out vec2 plane;
#ifdef LIT
out vec4 light_here; out float facing;
#endif
void main() {
    vec3 p = stand(vec4(node, 0.0));
    gl_Position = project(to_view(p), 0.0);
#ifndef PLATE
    gl_ClipDistance[0] = highest - node.z;
#endif
#ifdef FADING
    gl_ClipDistance[1] = node.z - lowest;
#endif
    // linear in the node, and with half the slope times the place put back exact for a quadratic
    taylor = node.z - 0.5 * dot(slope, node.xy);
    gradient = slope; plane = node.xy;
#ifdef LIT
    vec3 normal = normalize(upright(slope)), toward = normalize(eye - p);
    light_here = lights(normal, toward);
    facing = dot(normal, toward);
#endif
}
"""
)

SURFACE_FRAGMENT = (
    "#version 330\n"
    + TABLES
    + LIT
    + """
in float taylor; in vec2 gradient; in vec2 plane;
uniform float opacity; uniform float fill; uniform vec3 bare; uniform float fade; uniform float lines;
uniform vec4 line_color; uniform float line_toward_loss; uniform vec2 line_width; uniform float banded;
uniform float apart;
#ifdef LIT
in vec4 light_here; in float facing;
#endif
out vec4 color;
void main() {
    float v = taylor + 0.5 * dot(gradient, plane);
    vec4 found = texelFetch(ramp, texel(v), 0);
    vec3 c = found.rgb;
    float rung = found.a;
#ifdef LINED
    float per_value = 1.0 / max(length(vec2(dFdx(v), dFdy(v))), 1e-9);  // pixels
#endif
#ifdef BANDED
    int band = int(texelFetch(rungs, texel(v), 0).r);
    vec3 low = texelFetch(bands, ivec2(band, 0), 0).rgb;
    vec3 high = texelFetch(bands, ivec2(band + 1, 0), 0).rgb;
    c = mix(c, mix(low, high, clamp((v - rung) * per_value + 0.5, 0.0, 1.0)), banded);
#endif
#ifdef PLATE
    c = mix(bare, c, fill * clamp((1.0 - v) * per_value + 0.5, 0.0, 1.0));
#endif
    float near = 1.0;
#ifdef LIT
    bool back = facing < 0.0;
    c = mix(c, lit(c, light_here, back), shade);
    // a line that runs into a fold would break into dots
    near = clamp(facing * facing * 300.0, 0.0, 1.0) * (back ? 0.6 : 1.0);
#endif
#ifdef LINED
    float width = rung > 0.999 ? line_width.y : line_width.x;
    near *= clamp(width * 0.5 + 0.5 - abs(v - rung) * per_value, 0.0, 1.0);
    near *= clamp((rung * apart * per_value - 2.0) * 0.2, 0.0, 1.0) * lines;
    vec3 ink = line_color.rgb;
#ifdef PLATE
    ink = mix(ink, mix(texelFetch(ramp, texel(rung), 0).rgb, ink, 0.35), line_toward_loss);
#endif
    c = mix(c, ink, near * line_color.a);
#endif
    float seen = opacity;
#ifdef FADING
    float left = clamp(1.0 - (v - 1.0) / fade, 0.0, 1.0);
    seen *= left * sqrt(left);
#endif
    color = vec4(mix(c, ground, dim), 1.0) * seen;
}
"""
)

# A piece of a line, 4 corners each: even width on the screen, mitred to the piece before and after it.
LINE_VERTEX = (
    PROJECTION
    + LIGHT
    + """
in vec4 before_at; in vec4 start_at; in vec4 end_at; in vec4 after_at; in vec2 before_slope;
in vec2 start_slope; in vec2 end_slope; in vec2 after_slope; in vec2 way; in vec2 rows; in vec4 tint;
uniform float width; uniform float radius; uniform float lift; uniform float nearer; uniform vec3 eye;
out vec4 ink; out vec4 light_here; out float facing; out float loss; out vec3 sideways;
noperspective out float across; noperspective out float half_width; noperspective out float along;
noperspective out float row;
vec3 raised(vec4 at, vec2 slope) {
    vec3 p = stand(at);
    return to_view(lift != 0.0 ? p + lift * normalize(upright(slope)) : p);
}
vec2 on_screen(vec3 q) {
    vec4 s = project(q, 0.0);
    return s.xy / s.w * pixels * 0.5;
}
void main() {
    bool ends = gl_VertexID > 1;
    float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
    vec3 q = ends ? raised(end_at, end_slope) : raised(start_at, start_slope);
    vec2 here = on_screen(q);
    vec2 one = on_screen(ends ? raised(start_at, start_slope) : raised(before_at, before_slope));
    vec2 other = on_screen(ends ? raised(after_at, after_slope) : raised(end_at, end_slope));
    vec2 into = here - one, out_of = other - here;
    float length_in = length(into), length_out = length(out_of);
    vec2 own = ends ? into : out_of;
    own = length(own) > 1e-4 ? normalize(own) : vec2(1.0, 0.0);
    vec2 d0 = length_in > 1e-3 ? into / length_in : own;
    vec2 d1 = length_out > 1e-3 ? out_of / length_out : own;
    vec2 t = dot(d0, d1) > -0.2 ? normalize(d0 + d1) : own;
    vec2 n = vec2(-t.y, t.x);
    vec4 clip = project(q, nearer + radius);
    half_width = radius > 0.0 ? radius * zoom / clip.w * pixels.y / (2.0 * half_frame.y) : 0.5 * width;
    float reach = (half_width + 1.0) * side;
    vec2 spot = here + n * reach / max(abs(dot(n, vec2(-own.y, own.x))), 0.5);
    gl_Position = vec4(spot / (pixels * 0.5) * clip.w, clip.z, clip.w);
    across = reach;
    along = ends ? way.y : way.x;
    row = ends ? rows.y : rows.x;
    ink = tint;
    loss = ends ? end_at.z : start_at.z;
    vec3 normal = normalize(upright(ends ? end_slope : start_slope));
    vec3 toward = normalize(eye - stand(ends ? end_at : start_at));
    light_here = lights(normal, toward);
    facing = dot(normal, toward);
    sideways = vec3(n.x, -n.y, 0.0);
}
"""
)

ROUND = """
uniform vec3 light; uniform vec3 half_way;
uniform vec4 body;  // ambient, key, gloss, how dark the edge is
vec3 rounded(vec3 c, vec3 n) {
    float soft = max(0.0, dot(n, light) * 0.5 + 0.5);
    vec3 result = c * (body.x + body.y * soft * soft) + body.z * pow(max(dot(n, half_way), 0.0), 40.0);
    return min(result * mix(1.0, smoothstep(0.0, 0.55, n.z), body.w), vec3(1.0));
}
"""

LINE_FRAGMENT = (
    "#version 330\n"
    + TABLES
    + LIT
    + ROUND
    + """
in vec4 ink; in vec4 light_here; in float facing; in float loss; in vec3 sideways;
noperspective in float across; noperspective in float half_width; noperspective in float along;
noperspective in float row;
uniform float opacity; uniform float dash; uniform float filled; uniform float last_row; uniform float kind;
uniform float color_override; uniform vec3 whole_color;
out vec4 color;
void main() {
    float cover = clamp(half_width + 0.5 - abs(across), 0.0, 1.0);
    if (dash > 0.0) {
        float into = fract(along / dash) * dash;
        cover *= clamp((filled * dash - into) / max(fwidth(along), 1e-6) + 0.5, 0.0, 1.0);
    }
    cover *= ink.a * opacity;
    if (row > last_row || cover < 0.004) discard;
    vec3 c = mix(ink.rgb, whole_color, color_override);
    if (kind > 1.5) {  // the surface's own colour: what smooths its edge
        // at a fold the normal does not say which side is seen
        bool back = kind > 2.5 ? ink.r > 0.5 : facing < 0.0;
        c = texelFetch(ramp, texel(min(loss, 1.0)), 0).rgb;
        c = mix(c, lit(c, light_here, back), shade);
        c = mix(c, ground, dim);
    } else if (kind > 0.5) {
        float s = clamp(across / max(half_width, 1e-3), -1.0, 1.0);
        c = mix(c, rounded(c, normalize(sideways) * s + vec3(0.0, 0.0, sqrt(1.0 - s * s))), shade);
    }
    color = vec4(c, 1.0) * cover;
}
"""
)

# Spheres, rings, discs and diamonds as squares that face the eye, or that lie on the floor.
MARK_VERTEX = (
    PROJECTION
    + """
in vec4 at; in vec2 slope; in float size; in float row;
uniform float lift; uniform float nearer; uniform float on_floor; uniform float last_row; uniform float page;
out vec2 spot; out vec3 center; flat out float radius;
void main() {
    float grown = size + page / zoom;
    vec2 corner = vec2((gl_VertexID & 1) == 0 ? -1.0 : 1.0, gl_VertexID > 1 ? 1.0 : -1.0);
    spot = corner * grown;
    vec3 p = stand(at) + lift * normalize(upright(slope));
    center = to_view(p);
    vec3 q = center + (on_floor > 0.5 ? rotation * vec3(spot, 0.0) : vec3(spot, 0.0));
    gl_Position = row > last_row ? vec4(2.0, 2.0, 2.0, 1.0) : project(q, nearer);
    radius = size;
}
"""
)

MARK_FRAGMENT = (
    PROJECTION
    + ROUND
    + """
uniform float shade;
in vec2 spot; in vec3 center; flat in float radius;
uniform vec4 inner; uniform vec4 outer; uniform float stroke; uniform float kind; uniform float opacity;
uniform float nearer;
out vec4 color;
void main() {
    // signed distance from the edge, pixels
    float away = kind > 2.5 ? (abs(spot.x) * 1.35 + abs(spot.y)) / 1.15 : length(spot);
    float per_pixel = max(length(vec2(dFdx(away), dFdy(away))), 1e-9);
    float edge = (away - radius) / per_pixel;
    float inside = clamp(0.5 - edge, 0.0, 1.0);
    float rim = stroke > 0.0 ? clamp(0.5 * stroke + 0.5 - abs(edge), 0.0, 1.0) : 0.0;
    gl_FragDepth = gl_FragCoord.z;
    vec3 c = inner.rgb;
    if (kind < 0.5) {
        float rise = sqrt(max(1.0 - dot(spot, spot) / (radius * radius), 0.0));
        c = mix(c, rounded(c, vec3(spot / radius, rise)), shade);
        vec3 q = center + vec3(spot, radius * rise);
        vec4 clip = project(q, nearer);
        gl_FragDepth = clip.z / clip.w * 0.5 + 0.5;
    }
    vec4 seen = vec4(c, 1.0) * inside * inner.a;
    seen = seen * (1.0 - rim * outer.a) + vec4(outer.rgb, 1.0) * rim * outer.a;
    if (seen.a < 0.004) discard;
    color = seen * opacity;
}
"""
)

FACE_VERTEX = (
    PROJECTION
    + """
in vec4 at; in vec4 tint; uniform float nearer; out vec4 ink;
void main() { gl_Position = project(to_view(stand(at)), nearer); ink = tint; }
"""
)

FACE_FRAGMENT = """#version 330
in vec4 ink; uniform float opacity; out vec4 color;
void main() { float seen = ink.a * opacity; color = vec4(ink.rgb * seen, seen); }
"""
