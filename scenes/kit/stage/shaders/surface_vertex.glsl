#include "projection"
#include "light"

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
