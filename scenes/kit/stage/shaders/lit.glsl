uniform vec3 ambient; uniform vec3 key; uniform float gloss; uniform vec3 under; uniform float shade;
uniform float dim; uniform vec3 ground;
vec3 lit(vec3 c, vec4 lights, bool back) {
    float soft = back ? lights.y : lights.x;
#ifdef PRINTED
    return c * mix(0.8, back ? 0.88 : 1.0, soft);
#else
    vec3 result = c * (ambient + key * soft + lights.z);
    return back ? result * under : result + gloss * lights.w;
#endif
}
