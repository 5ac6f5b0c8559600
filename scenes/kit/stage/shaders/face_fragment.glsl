in vec4 ink; uniform float opacity; out vec4 color;
void main() { float seen = ink.a * opacity; color = vec4(ink.rgb * seen, seen); }
