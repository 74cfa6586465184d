"""The examples of IFT 6289, lecture 2: neural networks and backpropagation; one row each."""

from __future__ import annotations

from .example import Example

EXAMPLES = [
    Example("C1a", "Unit step, 1/2 at 0", "phi = heaviside(z, 0.5)", at="z=0", gives="phi=0.5", gradients="z=0"),
    Example("C1b", "Sign", "phi = sign(z)", at="z=-2", gives="phi=-1", gradients="z=0"),
    Example("C1c", "Linear", "phi = 1 * z", at="z=0.25", gives="phi=0.25", gradients="z=1"),
    Example("C1d", "Piece-wise linear", "phi = clip(z + 0.5, 0, 1)", at="z=0.25", gives="phi=0.75", gradients="z=1"),
    Example(
        "C1e",
        "Logistic",
        "phi = 1 / (1 + exp(-z))",
        at="z=0.5",
        gives="phi=0.6224593312018546",
        gradients="z=0.2350037122015945",
    ),
    Example(
        "C1f",
        "Hyperbolic tangent",
        "phi = (exp(z) - exp(-z)) / (exp(z) + exp(-z))",
        at="z=0.5",
        gives="phi=0.46211715726000974",
        gradients="z=0.7864477329659274",
    ),
    Example("C2a", "Squared error", "L = (y - f)**2", at="y=1 f=0.3", gives="L=0.49", gradients="y=1.4 f=-1.4"),
    Example("C2b", "Hinge loss", "L = max(0, 1 - y*f)", at="y=1 f=0.3", gives="L=0.7", gradients="y=-0.3 f=-1"),
    Example(
        "C2c",
        "Binary cross entropy",
        "L = -y*log(p) - (1 - y)*log(1 - p)",
        at="y=1 p=0.3",
        gives="L=1.2039728043259361",
        gradients="y=0.8472978603872037 p=-3.3333333333333335",
    ),
    Example(
        "C2d",
        "Multi-class cross entropy, y one-hot",
        "L = -(y1*log(p1) + y2*log(p2) + y3*log(p3))",
        at="y1=0 p1=0.2 y2=1 p2=0.3 y3=0 p3=0.5",
        gives="L=1.2039728043259361",
        gradients="y1=1.6094379124341003 p1=0 y2=1.2039728043259361 p2=-3.3333333333333335 y3=0.6931471805599453 p3=0",
    ),
    Example(
        "C3",
        "One neuron, squared error",
        "z = w1*x1 + w2*x2 + b; f = sigmoid(z); C = (f - y_hat)**2",
        at="w1=0.3 x1=0.5 w2=-0.2 x2=-1.5 b=0.1 y_hat=1",
        gives="z=0.55 f=0.6341355910108006 C=0.1338567657650161",
        gradients="w1=-0.0848833392691928 x1=-0.050930003561515676 w2=0.2546500178075784 x2=0.03395333570767712 "
        "b=-0.1697666785383856 y_hat=0.7317288179783986 f=-0.7317288179783986 z=-0.1697666785383856",
    ),
    Example(
        "C7",
        "Backpropagation layer by layer: delta is dC/dz",
        "z1_1 = w1_11*x1 + w1_12*x2 + b1_1; a1_1 = sigmoid(z1_1); z1_2 = w1_21*x1 + w1_22*x2 + b1_2; "
        "a1_2 = sigmoid(z1_2); z2_1 = w2_11*a1_1 + w2_12*a1_2 + b2_1; y = sigmoid(z2_1); "
        "C = (y - y_hat)**2",
        at="w1_11=0.1 x1=1 w1_12=0.2 x2=0 b1_1=0.05 w1_21=-0.3 w1_22=0.4 b1_2=-0.05 w2_11=0.5 w2_12=-0.6 "
        "b2_1=0.1 y_hat=1",
        gives="z1_1=0.15 a1_1=0.5374298453437496 z1_2=-0.35 a1_2=0.4133824210826699 z2_1=0.12068547002227283 "
        "y=0.5301348003109517 C=0.22077330587882918",
        gradients="w1_11=-0.029095931391043574 x1=-0.013127041545099041 w1_12=0 x2=0.007804078263117532 "
        "b1_1=-0.029095931391043574 w1_21=0.034058161353315616 w1_22=0 b1_2=0.034058161353315616 "
        "w2_11=-0.12580116161046154 w2_12=-0.09676423669452552 b2_1=-0.23407922485212357 "
        "y_hat=0.9397303993780964 y=-0.9397303993780964 z2_1=-0.23407922485212357 "
        "z1_1=-0.029095931391043574 z1_2=0.034058161353315616",
    ),
    Example(
        "C8",
        "Chain rule w -> x -> y -> z through one function",
        "x = sigmoid(w); y = sigmoid(x); z = sigmoid(y)",
        at="w=0.5",
        gives="x=0.6224593312018546 y=0.6507776782147003 z=0.6571856892772512",
        gradients="w=0.012032514870644767 y=0.22529265908643545 x=0.05120138213103141",
    ),
    Example(
        "C9a",
        "One neuron on AND, row 00",
        "z = w1*x1 + w2*x2 + b; f = sigmoid(z); C = (f - y_hat)**2",
        at="w1=0.3 x1=0 w2=-0.2 x2=0 b=0.1 y_hat=0",
        gives="z=0.1 f=0.52497918747894 C=0.275603147286048",
        gradients="w1=0 x1=0.07855033857430795 w2=0 x2=-0.05236689238287197 b=0.26183446191435983 "
        "y_hat=-1.04995837495788 z=0.26183446191435983",
    ),
    Example(
        "C9b",
        "One neuron on AND, row 01",
        "z = w1*x1 + w2*x2 + b; f = sigmoid(z); C = (f - y_hat)**2",
        at="w1=0.3 x1=0 w2=-0.2 x2=1 b=0.1 y_hat=0",
        gives="z=-0.1 f=0.47502081252106 C=0.22564477232816804",
        gradients="w1=0 x1=0.07107528554142724 w2=0.23691761847142412 x2=-0.04738352369428483 b=0.23691761847142412 "
        "y_hat=-0.95004162504212 z=0.23691761847142412",
    ),
    Example(
        "C9c",
        "One neuron on AND, row 10",
        "z = w1*x1 + w2*x2 + b; f = sigmoid(z); C = (f - y_hat)**2",
        at="w1=0.3 x1=1 w2=-0.2 x2=0 b=0.1 y_hat=0",
        gives="z=0.4 f=0.598687660112452 C=0.35842691437092283",
        gradients="w1=0.2876822873697377 x1=0.08630468621092131 w2=0 x2=-0.05753645747394755 b=0.2876822873697377 "
        "y_hat=-1.197375320224904 z=0.2876822873697377",
    ),
    Example(
        "C9d",
        "One neuron on AND, row 11",
        "z = w1*x1 + w2*x2 + b; f = sigmoid(z); C = (f - y_hat)**2",
        at="w1=0.3 x1=1 w2=-0.2 x2=1 b=0.1 y_hat=1",
        gives="z=0.2 f=0.549833997312478 C=0.20264942997566215",
        gradients="w1=-0.2228470922732268 x1=-0.06685412768196804 w2=-0.2228470922732268 x2=0.04456941845464536 "
        "b=-0.2228470922732268 y_hat=0.9003320053750442 z=-0.2228470922732268",
    ),
    Example(
        "C9e",
        "One neuron on AND, the mean over its rows",
        "C1 = (sigmoid(w1*0 + w2*0 + b) - 0)**2; C2 = (sigmoid(w1*0 + w2*1 + b) - 0)**2; "
        "C3 = (sigmoid(w1*1 + w2*0 + b) - 0)**2; C4 = (sigmoid(w1*1 + w2*1 + b) - 1)**2; "
        "C = (C1 + C2 + C3 + C4) / 4",
        at="w1=0.3 w2=-0.2 b=0.1",
        gives="C1=0.275603147286048 C2=0.22564477232816804 C3=0.35842691437092283 C4=0.20264942997566215 "
        "C=0.26558106599020026",
        gradients="w1=0.016208798774127727 w2=0.00351763154954933 b=0.1408968188705737 C1=0.25 C2=0.25 C3=0.25 C4=0.25",
    ),
]
