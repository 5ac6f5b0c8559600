#include "tables"
#include "lit"

in float taylor; in vec2 gradient; in vec2 plane;
uniform float opacity; uniform float fill; uniform vec3 bare; uniform float fade; uniform float lines;
uniform vec4 line_color; uniform float line_toward_loss; uniform vec2 line_width; uniform float banded;
uniform float apart; uniform float lines_seen;
#ifdef LIT
in vec4 light_here; in float facing;
#endif
#ifdef PLATE
uniform float highest;
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
    c = mix(bare, c, fill * clamp((highest - v) * per_value + 0.5, 0.0, 1.0));
#endif
    float near = 1.0;
#ifdef LIT
    bool back = facing < 0.0;
    c = mix(c, lit(c, light_here, back), shade);
    // a line that runs into a fold would break into dots
    near = clamp(facing * facing * 300.0, 0.0, 1.0);
#endif
#ifdef LINED
    float width = rung > 0.999 ? line_width.y : line_width.x;
    near *= clamp(width * 0.5 + 0.5 - abs(v - rung) * per_value, 0.0, 1.0);
    near *= clamp((rung * apart * per_value - 2.0) * 0.2, 0.0, 1.0) * lines;
    vec3 ink = line_color.rgb;
#ifdef PLATE
    near *= clamp((highest - v) * per_value + 1.5 * line_width.y, 0.0, 1.0);
    ink = mix(ink, mix(texelFetch(ramp, texel(rung), 0).rgb, ink, 0.35), line_toward_loss);
#endif
    near *= line_color.a;
    c = mix(c, ink, near);
#endif
    float seen = opacity;
#ifdef LINED
    seen = max(seen, near * lines_seen);
#endif
#ifdef FADING
    float left = clamp(1.0 - (v - 1.0) / fade, 0.0, 1.0);
    seen *= left * sqrt(left);
#endif
    color = vec4(mix(c, ground, dim), 1.0) * seen;
}
