// A piece of a line, 4 corners each: even width on the screen, mitred to the piece before and after it.
#include "projection"
#ifdef EDGE
#include "light"

uniform vec3 eye;
out vec4 light_here; out float facing; out float loss;
#endif
#ifdef TUBE
out vec3 sideways;
#endif

in vec4 before_at; in vec4 start_at; in vec4 end_at; in vec4 after_at; in vec2 before_slope;
in vec2 start_slope; in vec2 end_slope; in vec2 after_slope; in vec2 way; in vec2 rows; in vec4 tint;
uniform float width; uniform float radius; uniform float lift; uniform float nearer;
out vec4 ink;
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
#ifdef EDGE
    loss = ends ? end_at.z : start_at.z;
    vec3 normal = normalize(upright(ends ? end_slope : start_slope));
    vec3 toward = normalize(eye - stand(ends ? end_at : start_at));
    light_here = lights(normal, toward);
    facing = dot(normal, toward);
#endif
#ifdef TUBE
    sideways = vec3(n.x, -n.y, 0.0);
#endif
}
