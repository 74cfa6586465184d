// A GPT of one layer trained by Adam, one line a step, with gradients derived by hand. Compile with -DE=16 (its width).
//
// Positions are the lanes of vectors, so that matrices times activations are sums of vectors. For the gradients of
// weights activations are turned around: there eight weights are the lanes, and go on to Adam in registers.
#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace {

constexpr int V = 27, CONTEXT = 16, HEADS = 4, D = E / HEADS, F = 4 * E;
typedef double vec __attribute__((vector_size(64)));
struct Adam { double beta1, beta2, rate, epsilon; };

inline vec load(const double* x) { return *(const vec*)__builtin_assume_aligned(x, 8); }

inline vec exponential(vec x) {  // 2^k e^r with |r| up to ln 2 / 2; for x up to 0
    typedef int64_t whole __attribute__((vector_size(64)));
    x = x < -700.0 ? vec{} - 700.0 : x;
    const vec shift = vec{} + 0x1.8p52, k = (x * 1.4426950408889634 + shift) - shift;
    const vec r = (x - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    vec sum = vec{} + 1 / 6227020800.0;
    for (double factorial : {479001600.0, 39916800.0, 3628800.0, 362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0})
        sum = sum * r + 1 / factorial;
    return (vec)((whole)sum + ((whole)(k + shift) << 52));
}

template <int K> struct Pass {  // K vectors of eight positions
    typedef vec row[K];
    double *p, *m, *v;
    Adam adam;
    int n;

    // out = W x, for eight or nine rows at a time
    template <int R> void rows(const double* W, const row* x, row* out, int columns) {
        vec a[R][K] = {};
        for (int c = 0; c < columns; c++)
            for (int r = 0; r < R; r++)
                for (int k = 0; k < K; k++) a[r][k] += W[r * columns + c] * x[c][k];
        for (int r = 0; r < R; r++)
            for (int k = 0; k < K; k++) out[r][k] = a[r][k];
    }
    template <int R> void forward(const double* W, const row* x, row* out, int count, int columns) {
        for (int r = 0; r < count; r += R) rows<R>(W + r * columns, x, out + r, columns);
    }
    // dx += W' d, for eight columns at a time
    void backward(const double* W, const row* d, row* dx, int count, int columns) {
        for (int c = 0; c < columns; c += 8) {
            vec a[8][K];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < K; k++) a[j][k] = dx[c + j][k];
            for (int r = 0; r < count; r++)
                for (int j = 0; j < 8; j++)
                    for (int k = 0; k < K; k++) a[j][k] += W[r * columns + c + j] * d[r][k];
            for (int j = 0; j < 8; j++)
                for (int k = 0; k < K; k++) dx[c + j][k] = a[j][k];
        }
    }
    void step(int place, vec gradient) {
        vec &mean = *(vec*)(m + place), &square = *(vec*)(v + place), &weight = *(vec*)(p + place), root;
        mean = adam.beta1 * mean + (1 - adam.beta1) * gradient;
        square = adam.beta2 * square + (1 - adam.beta2) * gradient * gradient;
        for (int i = 0; i < 8; i++) root[i] = __builtin_sqrt(square[i]);
        weight -= adam.rate * mean / (root + adam.epsilon);
    }
    // the weights at a place change by the gradient d x'
    template <int R> void change(int place, const row* d, const row* x, int count, int columns) {
        alignas(64) static double turned[CONTEXT][F];
        for (int c = 0; c < columns; c++)
            for (int i = 0; i < n; i++) turned[i][c] = ((const double*)x[c])[i];
        for (int r = 0; r < count; r += R)
            for (int c = 0; c < columns; c += 16) {
                vec a[R][2] = {};
                for (int i = 0; i < n; i++)
                    for (int j = 0; j < R; j++)
                        for (int k = 0; k < 2; k++) a[j][k] += ((const double*)d[r + j])[i] * load(&turned[i][c + 8 * k]);
                for (int j = 0; j < R; j++)
                    for (int k = 0; k < 2; k++) step(place + (r + j) * columns + c + 8 * k, a[j][k]);
            }
    }
    // y = x * scale, scale = 1 / sqrt(mean of squares + 1e-5)
    void norm(const row* x, row* y, row& scale) {
        for (int k = 0; k < K; k++) {
            vec sum = {};
            for (int e = 0; e < E; e++) sum += x[e][k] * x[e][k];
            for (int i = 0; i < 8; i++) scale[k][i] = 1 / __builtin_sqrt(sum[i] / E + 1e-5);
            for (int e = 0; e < E; e++) y[e][k] = x[e][k] * scale[k];
        }
    }
    // dx += the gradient that came to y
    void norm_back(const row* dy, const row* y, const row& scale, row* dx) {
        for (int k = 0; k < K; k++) {
            vec sum = {};
            for (int e = 0; e < E; e++) sum += dy[e][k] * y[e][k];
            for (int e = 0; e < E; e++) dx[e][k] += scale[k] * (dy[e][k] - y[e][k] * sum / E);
        }
    }

    double train(const int64_t* tokens) {
        alignas(64) static row x0[E], x1[E], x2[E], q[3 * E], o[E], x3[E], x4[E], z[F], x5[E], l[V], share[HEADS][8 * K];
        alignas(64) static row d5[E], dz[F], d4[E], d3[E], d_o[E], dq[3 * E], d2[E], d1[E], d0[E], down[8 * K];
        row s0, s1, s3;
        constexpr int WPE = V * E, LM = WPE + CONTEXT * E, Q = LM + V * E, WO = Q + 3 * E * E, W1 = WO + E * E, W2 = W1 + F * E;
        for (int i = 0; i < n; i++)
            for (int e = 0; e < E; e++) ((double*)x0[e])[i] = p[tokens[i] * E + e] + p[WPE + i * E + e];
        norm(x0, x1, s0);
        norm(x1, x2, s1);
        forward<8>(p + Q, x2, q, 3 * E, E);
        const row *key = q + E, *value = q + 2 * E;
        const double scale = 1 / std::sqrt(double(D));
        vec lane[K];
        for (int k = 0; k < K; k++) lane[k] = vec{0, 1, 2, 3, 4, 5, 6, 7} + 8.0 * k;
        for (int h = 0; h < HEADS; h++) {
            row total = {}, largest;
            for (int j = 0; j < n; j++)
                for (int k = 0; k < K; k++) {
                    vec sum = {};
                    for (int e = h * D; e < h * D + D; e++) sum += q[e][k] * ((const double*)key[e])[j];
                    share[h][j][k] = lane[k] < (double)j ? (vec{} - 1e300) : sum * scale;
                    largest[k] = j && largest[k] > share[h][j][k] ? largest[k] : share[h][j][k];
                }
            for (int j = 0; j < n; j++)
                for (int k = 0; k < K; k++) {
                    share[h][j][k] = exponential(share[h][j][k] - largest[k]);
                    total[k] += share[h][j][k];
                }
            for (int j = 0; j < n; j++)
                for (int k = 0; k < K; k++) share[h][j][k] /= total[k];
            for (int e = h * D; e < h * D + D; e++)
                for (int k = 0; k < K; k++) {
                    vec sum = {};
                    for (int j = 0; j < n; j++) sum += share[h][j][k] * ((const double*)value[e])[j];
                    o[e][k] = sum;
                }
        }
        forward<8>(p + WO, o, x3, E, E);
        for (int e = 0; e < E; e++)
            for (int k = 0; k < K; k++) x3[e][k] += x1[e][k];
        norm(x3, x4, s3);
        forward<8>(p + W1, x4, z, F, E);
        for (int f = 0; f < F; f++)
            for (int k = 0; k < K; k++) z[f][k] = z[f][k] > 0 ? z[f][k] : vec{};
        forward<8>(p + W2, z, x5, E, F);
        for (int e = 0; e < E; e++)
            for (int k = 0; k < K; k++) x5[e][k] += x3[e][k];
        forward<9>(p + LM, x5, l, V, E);
        row largest, total = {};
        for (int t = 0; t < V; t++)
            for (int k = 0; k < K; k++) largest[k] = t && largest[k] > l[t][k] ? largest[k] : l[t][k];
        for (int t = 0; t < V; t++)
            for (int k = 0; k < K; k++) {
                l[t][k] = exponential(l[t][k] - largest[k]);
                total[k] += l[t][k];
            }
        for (int k = 0; k < K; k++) total[k] = 1 / total[k];
        double loss = 0;
        for (int i = 0; i < n; i++) loss -= std::log(((double*)l[tokens[i + 1]])[i] * ((double*)total)[i]) / n;
        for (int t = 0; t < V; t++)
            for (int k = 0; k < K; k++) l[t][k] = lane[k] < (double)n ? l[t][k] * total[k] / (double)n : vec{};
        for (int i = 0; i < n; i++) ((double*)l[tokens[i + 1]])[i] -= 1.0 / n;

        auto zero = [](row* x, int count) { for (int e = 0; e < count; e++) for (int k = 0; k < K; k++) x[e][k] = vec{}; };
        zero(d5, E), zero(dz, F), zero(d4, E), zero(d_o, E), zero(d2, E), zero(dq, 3 * E), zero(d0, E);
        backward(p + LM, l, d5, V, E);
        change<9>(LM, l, x5, V, E);
        backward(p + W2, d5, dz, E, F);
        change<4>(W2, d5, z, E, F);
        for (int f = 0; f < F; f++)
            for (int k = 0; k < K; k++) dz[f][k] = z[f][k] > 0 ? dz[f][k] : vec{};
        backward(p + W1, dz, d4, F, E);
        change<4>(W1, dz, x4, F, E);
        for (int e = 0; e < E; e++)
            for (int k = 0; k < K; k++) d3[e][k] = d5[e][k];
        norm_back(d4, x4, s3, d3);
        backward(p + WO, d3, d_o, E, E);
        change<4>(WO, d3, o, E, E);
        for (int h = 0; h < HEADS; h++) {
            row sum = {};
            for (int j = 0; j < n; j++)
                for (int k = 0; k < K; k++) {
                    vec a = {};
                    for (int e = h * D; e < h * D + D; e++) a += d_o[e][k] * ((const double*)value[e])[j];
                    down[j][k] = a;
                    sum[k] += a * share[h][j][k];
                }
            for (int e = h * D; e < h * D + D; e++)
                for (int j = 0; j < n; j++) {
                    vec to_value = {};
                    for (int k = 0; k < K; k++) to_value += d_o[e][k] * share[h][j][k];
                    double a = 0;
                    for (int i = 0; i < 8; i++) a += to_value[i];
                    ((double*)dq[2 * E + e])[j] = a;
                }
            for (int j = 0; j < n; j++)
                for (int k = 0; k < K; k++) down[j][k] = share[h][j][k] * (down[j][k] - sum[k]) * scale;
            for (int e = h * D; e < h * D + D; e++)
                for (int j = 0; j < n; j++) {
                    vec to_key = {};
                    for (int k = 0; k < K; k++) {
                        dq[e][k] += down[j][k] * ((const double*)key[e])[j];
                        to_key += down[j][k] * q[e][k];
                    }
                    double a = 0;
                    for (int i = 0; i < 8; i++) a += to_key[i];
                    ((double*)dq[E + e])[j] = a;
                }
        }
        backward(p + Q, dq, d2, 3 * E, E);
        change<4>(Q, dq, x2, 3 * E, E);
        for (int e = 0; e < E; e++)
            for (int k = 0; k < K; k++) d1[e][k] = d3[e][k];
        norm_back(d2, x2, s1, d1);
        norm_back(d1, x1, s0, d0);
        alignas(64) static double to_tokens[V][E], to_positions[CONTEXT][E];
        for (int e = 0; e < E; e++) {
            for (int t = 0; t < V; t++) to_tokens[t][e] = 0;
            for (int i = 0; i < CONTEXT; i++) to_positions[i][e] = 0;
        }
        for (int i = 0; i < n; i++)
            for (int e = 0; e < E; e++) {
                const double gradient = ((double*)d0[e])[i];
                to_tokens[tokens[i]][e] += gradient;
                to_positions[i][e] = gradient;
            }
        for (int c = 0; c < V * E; c += 8) step(c, load(&to_tokens[0][c]));
        for (int c = 0; c < CONTEXT * E; c += 8) step(WPE + c, load(&to_positions[0][c]));
        return loss;
    }
};

}  // namespace

// Steps over lines of up to 17 tokens, 17 places each; the learning rate falls from rate to 0 in so many steps.
extern "C" void train(double* p, double* m, double* v, const int64_t* lines, const int64_t* lengths, double* losses,
                      int64_t count, int64_t before, double rate, double steps) {
    for (int64_t i = 0; i < count; i++) {
        const double step = before + i + 1, root = std::sqrt(1 - std::pow(0.99, step));
        const Adam adam = {0.85, 0.99, rate * (1 - (step - 1) / steps) * root / (1 - std::pow(0.85, step)), 1e-8 * root};
        const int n = lengths[i] - 1;
        losses[i] = n <= 8 ? Pass<1>{p, m, v, adam, n}.train(lines + 17 * i) : Pass<2>{p, m, v, adam, n}.train(lines + 17 * i);
    }
}
