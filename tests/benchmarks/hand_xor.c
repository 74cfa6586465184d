/* XOR by hand: a 2-4-1 tanh net, four rows in four lanes, gradient descent at rate 0.1, all numbers in registers. */
typedef double lanes __attribute__((vector_size(32)));
typedef long long whole __attribute__((vector_size(32)));

static inline lanes e_to_the(lanes x) {
    const lanes magic = {6755399441055744.0, 6755399441055744.0, 6755399441055744.0, 6755399441055744.0};
    lanes shifted = x * 1.4426950408889634 + magic; /* rounds, and leaves the whole number in the low bits */
    lanes n;
    __asm__("" : "+x"(shifted)); /* so that -ffast-math does not cancel magic - magic */
    n = shifted - magic;
    lanes r = x - n * 0.6931471805599453, r2 = r * r, r4 = r2 * r2;
    lanes low = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6));
    lanes high = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
    lanes top = (1.0 / 40320 + r * (1.0 / 362880)) + r2 * (1.0 / 3628800 + r * (1.0 / 39916800));
    lanes p = low + r4 * (high + r4 * top);
    whole bits = ((whole)shifted << 52) + (whole)(lanes){1.0, 1.0, 1.0, 1.0};
    return p * (lanes)bits;
}

static inline lanes hyperbolic_tangent(lanes x) {
    lanes e = e_to_the(x + x);
    return (e - 1.0) / (e + 1.0);
}

static inline double total(lanes v) { return (v[0] + v[1]) + (v[2] + v[3]); }

double train(double *p, long epochs) {
    const lanes a = {0, 0, 1, 1}, b = {0, 1, 0, 1}, target = {-1, 1, 1, -1};
    double loss = 0, w[17];
    for (int i = 0; i < 17; i++) w[i] = p[i];
    for (long epoch = 0; epoch < epochs; epoch++) {
        lanes h[4];
        for (int j = 0; j < 4; j++) h[j] = hyperbolic_tangent(w[3 * j] * a + w[3 * j + 1] * b + w[3 * j + 2]);
        lanes out = (w[12] * h[0] + w[13] * h[1]) + (w[14] * h[2] + (w[15] * h[3] + w[16]));
        lanes off = out - target, up = off * 0.5;
        loss = total(off * off) * 0.25;
        for (int j = 0; j < 4; j++) {
            lanes d = up * w[12 + j] * (1.0 - h[j] * h[j]);
            w[12 + j] -= 0.1 * total(up * h[j]);
            w[3 * j] -= 0.1 * total(d * a);
            w[3 * j + 1] -= 0.1 * total(d * b);
            w[3 * j + 2] -= 0.1 * total(d);
        }
        w[16] -= 0.1 * total(up);
    }
    for (int i = 0; i < 17; i++) p[i] = w[i];
    return loss;
}
