// Moons by hand: value and gradient of the hinge loss of a 2-16-16-1 relu net over 104 rows, layer by layer, rows in
// lanes of eight. Parameters neuron by neuron, each neuron's weights and then its bias, as the nets of this project.
typedef double lanes __attribute__((vector_size(64)));
constexpr int WIDE = 16, VECTORS = 13;

struct Table { lanes at[WIDE][VECTORS]; };

static inline double total(lanes v) { return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7])); }

// out = relu(w in + b), four neurons at once
template <int INPUTS> static inline void layer(const double *w, const lanes (*in)[VECTORS], Table &out) {
    const lanes zero = {};
    for (int j = 0; j < WIDE; j += 4)
        for (int i = 0; i < VECTORS; i++) {
            lanes sum[4];
            for (int n = 0; n < 4; n++) sum[n] = zero + w[(j + n) * (INPUTS + 1) + INPUTS];
            for (int k = 0; k < INPUTS; k++)
                for (int n = 0; n < 4; n++) sum[n] += w[(j + n) * (INPUTS + 1) + k] * in[k][i];
            for (int n = 0; n < 4; n++) out.at[j + n][i] = sum[n] > zero ? sum[n] : zero;
        }
}

// gradients of weights and biases: rows summed in blocks of 4 neurons times up to 4 inputs and the bias
template <int INPUTS> static inline void outer(const Table &d, const lanes (*in)[VECTORS], double *g) {
    constexpr int BLOCK = INPUTS < 4 ? INPUTS : 4;
    for (int j = 0; j < WIDE; j += 4)
        for (int k = 0; k < INPUTS; k += BLOCK) {
            lanes sum[4][BLOCK] = {}, bias[4] = {};
            for (int i = 0; i < VECTORS; i++)
                for (int n = 0; n < 4; n++) {
                    for (int m = 0; m < BLOCK; m++) sum[n][m] += d.at[j + n][i] * in[k + m][i];
                    if (k == 0) bias[n] += d.at[j + n][i];
                }
            for (int n = 0; n < 4; n++) {
                for (int m = 0; m < BLOCK; m++) g[(j + n) * (INPUTS + 1) + k + m] = total(sum[n][m]);
                if (k == 0) g[(j + n) * (INPUTS + 1) + INPUTS] = total(bias[n]);
            }
        }
}

extern "C" double gradient(const double *__restrict w, const lanes *__restrict x, double *__restrict g) {
    static Table h1, h2, d1, d2;
    const lanes(*in)[VECTORS] = reinterpret_cast<const lanes(*)[VECTORS]>(x);
    const lanes *target = in[2];
    const double *w2 = w + 48, *w3 = w + 48 + 272;
    const lanes zero = {};
    layer<2>(w, in, h1);
    layer<16>(w2, h1.at, h2);
    lanes loss = zero, up[VECTORS], last[WIDE] = {}, bias = zero;
    for (int i = 0; i < VECTORS; i++) {
        lanes score = zero + w3[16];
        for (int k = 0; k < WIDE; k++) score += w3[k] * h2.at[k][i];
        lanes margin = 1.0 - target[i] * score;
        loss += margin > zero ? margin : zero;
        up[i] = margin > zero ? -target[i] : zero;
        bias += up[i];
    }
    for (int k = 0; k < WIDE; k++)
        for (int i = 0; i < VECTORS; i++) {
            last[k] += up[i] * h2.at[k][i];
            d2.at[k][i] = h2.at[k][i] > zero ? up[i] * w3[k] : zero;
        }
    for (int k = 0; k < WIDE; k++) g[320 + k] = total(last[k]);
    g[336] = total(bias);
    outer<16>(d2, h1.at, g + 48);
    for (int k = 0; k < WIDE; k += 4)
        for (int i = 0; i < VECTORS; i++) {
            lanes sum[4] = {};
            for (int j = 0; j < WIDE; j++)
                for (int n = 0; n < 4; n++) sum[n] += w2[17 * j + k + n] * d2.at[j][i];
            for (int n = 0; n < 4; n++) d1.at[k + n][i] = h1.at[k + n][i] > zero ? sum[n] : zero;
        }
    outer<2>(d1, in, g);
    return total(loss);
}
