// A vertex is (x, y, v) with v = loss / cut, and the slopes of v; its height is made here, so that one buffer
// serves every frame of a surface that rises or flattens. The projection repeats ThreeDCamera's: rotate, then
// x and y times d / (d - z), then zoom; so what Manim projects lands on the same pixels. Image rows run from
// the top down, as in Manim's pixel array. Colours are premultiplied by their opacity, as Cairo has them.
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
