#ifdef EDGE
#include "tables"
#include "lit"

in vec4 light_here; in float facing; in float loss;
#else
uniform float shade;
#endif
#ifdef TUBE
#include "round"

in vec3 sideways;
#endif
in vec4 ink;
noperspective in float across; noperspective in float half_width; noperspective in float along;
noperspective in float row;
uniform float opacity; uniform float dash; uniform float filled; uniform float last_row;
uniform float color_override; uniform vec3 whole_color;
out vec4 color;
void main() {
    float cover = clamp(half_width + 0.5 - abs(across), 0.0, 1.0);
#ifdef DASHED
    float into = fract(along / dash) * dash;
    cover *= clamp((filled * dash - into) / max(fwidth(along), 1e-6) + 0.5, 0.0, 1.0);
#endif
    cover *= ink.a * opacity;
    if (row > last_row || cover < 0.004) discard;
    vec3 c = mix(ink.rgb, whole_color, color_override);
#ifdef EDGE
    // the surface's own colour: what smooths its edge; at a fold the normal does not say which side is seen
#ifdef FOLD
    bool back = ink.r > 0.5;
#else
    bool back = facing < 0.0;
#endif
    c = texelFetch(ramp, texel(min(loss, 1.0)), 0).rgb;
    c = mix(c, lit(c, light_here, back), shade);
    c = mix(c, ground, dim);
#endif
#ifdef TUBE
    float s = clamp(across / max(half_width, 1e-3), -1.0, 1.0);
    c = mix(c, rounded(c, normalize(sideways) * s + vec3(0.0, 0.0, sqrt(1.0 - s * s))), shade);
#endif
    color = vec4(c, 1.0) * cover;
}
