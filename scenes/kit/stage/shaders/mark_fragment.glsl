#include "projection"
#ifdef BALL
#include "round"
#endif

uniform float shade;
in vec2 spot; in vec3 center; flat in float radius;
uniform vec4 inner; uniform vec4 outer; uniform float stroke; uniform float opacity; uniform float nearer;
out vec4 color;
void main() {
    // signed distance from the edge, pixels
#ifdef DIAMOND
    float away = (abs(spot.x) * 1.35 + abs(spot.y)) / 1.15;
#else
    float away = length(spot);
#endif
    float per_pixel = max(length(vec2(dFdx(away), dFdy(away))), 1e-9);
    float edge = (away - radius) / per_pixel;
    float inside = clamp(0.5 - edge, 0.0, 1.0);
    float rim = stroke > 0.0 ? clamp(0.5 * stroke + 0.5 - abs(edge), 0.0, 1.0) : 0.0;
    vec3 c = inner.rgb;
#ifdef BALL
    float rise = sqrt(max(1.0 - dot(spot, spot) / (radius * radius), 0.0));
    c = mix(c, rounded(c, vec3(spot / radius, rise)), shade);
    vec3 q = center + vec3(spot, radius * rise);
    vec4 clip = project(q, nearer);
    gl_FragDepth = clip.z / clip.w * 0.5 + 0.5;
#endif
    vec4 seen = vec4(c, 1.0) * inside * inner.a;
    seen = seen * (1.0 - rim * outer.a) + vec4(outer.rgb, 1.0) * rim * outer.a;
    if (seen.a < 0.004) discard;
    color = seen * opacity;
}
