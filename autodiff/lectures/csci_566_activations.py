"""The examples of CSCI 566: losses, activations, rules; one row each.

``lam`` is the slide's lambda, which Python keeps for itself.
"""

from __future__ import annotations

from .example import Example

EXAMPLES = [
    Example(
        "D11a",
        "Multi-class SVM loss of three scores, class 1 is right",
        "L = max(0, s2 - s1 + 1) + max(0, s3 - s1 + 1)",
        at="s2=5.1 s1=3.2 s3=-1.7",
        gives="L=2.9",
        gradients="s2=1 s1=-1 s3=0",
    ),
    Example(
        "D11b",
        "SVM loss of a linear classifier with L2 regularization",
        "s1 = w11*x1 + w12*x2; s2 = w21*x1 + w22*x2; s3 = w31*x1 + w32*x2; "
        "L1 = max(0, s2 - s1 + 1) + max(0, s3 - s1 + 1); "
        "R = w11**2 + w12**2 + w21**2 + w22**2 + w31**2 + w32**2; L = L1 + lam*R",
        at="w11=0.1 x1=1 w12=0.2 x2=-2 w21=-0.3 w22=0.4 w31=0.5 w32=-0.6 lam=0.1",
        gives="s1=-0.3 s2=-1.1 s3=1.7 L1=3.2 R=0.91 L=3.291",
        gradients="w11=-1.98 x1=0 w12=4.04 x2=-0.6 w21=0.94 w22=-1.92 w31=1.1 w32=-2.12 lam=0.91 s1=-2 s2=1 s3=1",
        note="the text of the slides that we have expands this to max(0, Wj.x + Wy.x + 1); it is Wj.x - Wy.x + 1",
    ),
    Example(
        "D11c",
        "Two-layer SVM loss: mean of two + lam R(W1) + lam R(W2)",
        "ha1 = max(0, w1_11*xa1 + w1_12*xa2); ha2 = max(0, w1_21*xa1 + w1_22*xa2); "
        "sa1 = w2_11*ha1 + w2_12*ha2; sa2 = w2_21*ha1 + w2_22*ha2; sa3 = w2_31*ha1 + w2_32*ha2; "
        "La = max(0, sa2 - sa1 + 1) + max(0, sa3 - sa1 + 1); hb1 = max(0, w1_11*xb1 + w1_12*xb2); "
        "hb2 = max(0, w1_21*xb1 + w1_22*xb2); sb1 = w2_11*hb1 + w2_12*hb2; sb2 = w2_21*hb1 + w2_22*hb2; "
        "sb3 = w2_31*hb1 + w2_32*hb2; Lb = max(0, sb1 - sb3 + 1) + max(0, sb2 - sb3 + 1); "
        "R1 = w1_11**2 + w1_12**2 + w1_21**2 + w1_22**2; "
        "R2 = w2_11**2 + w2_12**2 + w2_21**2 + w2_22**2 + w2_31**2 + w2_32**2; "
        "L = (La + Lb) / 2 + lam*R1 + lam*R2",
        at="w1_11=0.5 xa1=1 w1_12=-0.1 xa2=-2 w1_21=-0.3 w1_22=0.4 w2_11=0.6 w2_12=-0.1 w2_21=0.2 w2_22=0.3 "
        "w2_31=-0.4 w2_32=0.5 xb1=-1 xb2=1 lam=0.1",
        gives="ha1=0.7 ha2=0 sa1=0.42 sa2=0.14 sa3=-0.28 La=1.02 hb1=0 hb2=0.7 sb1=-0.07 sb2=0.21 sb3=0.35 "
        "Lb=1.44 R1=0.51 R2=0.91 L=1.372",
        gradients="w1_11=-0.6 xa1=-0.35 w1_12=1.38 xa2=0.07 w1_21=0.34 w1_22=-0.32 w2_11=-0.58 w2_12=0.33 "
        "w2_21=0.39 w2_22=0.41 w2_31=0.27 w2_32=-0.6 xb1=0.12 xb2=-0.16 lam=1.42 ha1=-0.7 ha2=0.5 hb1=0.8 "
        "hb2=-0.4",
    ),
    Example(
        "D12a", "Sigmoid", "f = sigmoid(x)", at="x=0.5", gives="f=0.6224593312018546", gradients="x=0.2350037122015945"
    ),
    Example("D12b", "Tanh", "f = tanh(x)", at="x=0.5", gives="f=0.46211715726000974", gradients="x=0.7864477329659274"),
    Example("D12c", "ReLU", "f = max(0, x)", at="x=0.5", gives="f=0.5", gradients="x=1"),
    Example("D12d", "Leaky ReLU, slope 0.1", "f = max(0.1*x, x)", at="x=-2", gives="f=-0.2", gradients="x=0.1"),
    Example("D12e", "Leaky ReLU, slope 0.01", "f = max(0.01*x, x)", at="x=-2", gives="f=-0.02", gradients="x=0.01"),
    Example(
        "D12f",
        "Maxout",
        "f = max(w11*x1 + w12*x2 + b1, w21*x1 + w22*x2 + b2)",
        at="w11=0.1 x1=1 w12=0.2 x2=-2 b1=0.05 w21=-0.3 w22=0.4 b2=-0.05",
        gives="f=-0.25",
        gradients="w11=1 x1=0.1 w12=-2 x2=0.2 b1=1 w21=0 w22=0 b2=0",
    ),
    Example(
        "D12g",
        "ELU, alpha 1",
        "f = elu(x, 1)",
        at="x=-1",
        gives="f=-0.6321205588285577",
        gradients="x=0.36787944117144233",
    ),
    Example(
        "D12h",
        "PReLU, alpha is learned",
        "f = prelu(x, alpha)",
        at="x=-2 alpha=0.25",
        gives="f=-0.5",
        gradients="x=0.25 alpha=-2",
        note="the text of the slides that we have has max(alpha x, x), which holds only for alpha <= 1",
    ),
    Example(
        "D13a",
        "A saturated sigmoid at -10",
        "f = sigmoid(x)",
        at="x=-10",
        gives="f=4.5397868702434395e-05",
        gradients="x=4.5395807735951673e-05",
    ),
    Example("D13b", "A sigmoid in its middle", "f = sigmoid(x)", at="x=0", gives="f=0.5", gradients="x=0.25"),
    Example(
        "D13c",
        "A saturated sigmoid at 10",
        "f = sigmoid(x)",
        at="x=10",
        gives="f=0.9999546021312976",
        gradients="x=4.5395807735951673e-05",
    ),
    Example(
        "D13d",
        "Inputs all positive: gradients of w all of one sign",
        "f = sigmoid(w1*x1 + w2*x2 + b); L = g * f",
        at="w1=0.3 x1=0.5 w2=-0.2 x2=1.5 b=0.1 g=-2",
        gives="f=0.48750260351578967 L=-0.9750052070315793",
        gradients="w1=-0.24984381508111644 x1=-0.14990628904866987 w2=-0.7495314452433494 x2=0.09993752603244659 "
        "b=-0.4996876301622329 g=0.48750260351578967 f=-2",
    ),
    Example("D13e", "Dying ReLU at -10", "f = relu(x)", at="x=-10", gives="f=0", gradients="x=0"),
    Example("D13f", "Dying ReLU at 0", "f = relu(x)", at="x=0", gives="f=0", gradients="x=0"),
    Example("D13g", "Dying ReLU at 10", "f = relu(x)", at="x=10", gives="f=10", gradients="x=1"),
    Example(
        "D15a",
        "Product rule",
        "f = sin(x); g = exp(x); h = f * g",
        at="x=0.7",
        gives="f=0.644217687237691 g=2.0137527074704766 h=1.297295111875269",
        gradients="x=2.837498137307049 f=2.0137527074704766 g=0.644217687237691",
    ),
    Example(
        "D15b",
        "Quotient rule",
        "f = sin(x); g = exp(x); h = f / g",
        at="x=0.7",
        gives="f=0.644217687237691 g=2.0137527074704766 h=0.319909035924728",
        gradients="x=0.0599003540004258 f=0.4965853037914095 g=-0.15886212579029801",
    ),
    Example(
        "D15c",
        "Sum rule",
        "f = sin(x); g = exp(x); h = f + g",
        at="x=0.7",
        gives="f=0.644217687237691 g=2.0137527074704766 h=2.6579703947081676",
        gradients="x=2.778594894754965 f=1 g=1",
    ),
    Example(
        "D15d",
        "Chain rule of two variables: x1^2 + 2 x2 at (st, s + t)",
        "x1 = s * t; x2 = s + t; f = x1**2 + 2*x2",
        at="s=2 t=3",
        gives="x1=6 x2=5 f=46",
        gradients="s=38 t=26 x1=12 x2=2",
    ),
]
