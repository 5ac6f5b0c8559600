// What light does to a colour, apart from the colour: so it can be had at the corners of small faces. Normal
// and direction to the eye have length one, and are of the scene, where light comes from `sun`.
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
