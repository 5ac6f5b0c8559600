#include "projection"

in vec4 at; in vec4 tint; uniform float nearer; out vec4 ink;
void main() { gl_Position = project(to_view(stand(at)), nearer); ink = tint; }
