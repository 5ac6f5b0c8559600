// Spheres, rings, discs and diamonds as squares that face the eye, or that lie on the floor.
#include "projection"

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
