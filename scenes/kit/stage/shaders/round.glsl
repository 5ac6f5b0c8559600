uniform vec3 light; uniform vec3 half_way;
uniform vec4 body;  // ambient, key, gloss, how dark the edge is
vec3 rounded(vec3 c, vec3 n) {
    float soft = max(0.0, dot(n, light) * 0.5 + 0.5);
    vec3 result = c * (body.x + body.y * soft * soft) + body.z * pow(max(dot(n, half_way), 0.0), 40.0);
    return min(result * mix(1.0, smoothstep(0.0, 0.55, n.z), body.w), vec3(1.0));
}
