"""The examples of CSCI 566: backpropagation; one row each."""

from __future__ import annotations

from .example import Example

EXAMPLES = [
    Example(
        "D1",
        "A simple example",
        "q = x + y; f = q * z",
        at="x=-2 y=5 z=-4",
        gives="q=3 f=-12",
        gradients="x=-4 y=-4 z=3 q=-4",
    ),
    Example(
        "D2",
        "A sigmoid neuron, gate by gate",
        "f = 1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))",
        at="w0=2 x0=-1 w1=-3 x1=-2 w2=-3",
        gives="s0=-2 s1=6 s2=4 s3=1 s4=-1 s5=0.36787944117144233 s6=1.3678794411714423 f=0.7310585786300049",
        gradients="w0=-0.19661193324148185 x0=0.3932238664829637 w1=-0.3932238664829637 x1=-0.5898357997244456 "
        "w2=0.19661193324148185 s6=-0.534446645388523 s5=-0.534446645388523 s4=-0.19661193324148185 "
        "s3=0.19661193324148185",
    ),
    Example(
        "D3",
        "A sigmoid neuron with one sigmoid gate",
        "f = sigmoid(w0*x0 + w1*x1 + w2)",
        at="w0=2 x0=-1 w1=-3 x1=-2 w2=-3",
        gives="s0=-2 s1=6 s2=4 s3=1 f=0.7310585786300049",
        gradients="w0=-0.19661193324148185 x0=0.3932238664829637 w1=-0.3932238664829637 x1=-0.5898357997244456 "
        "w2=0.19661193324148185 s3=0.19661193324148185",
    ),
    Example(
        "D4a",
        "Add gate: gradient distributor",
        "q = x + y; f = 2 * q",
        at="x=3 y=4",
        gives="q=7 f=14",
        gradients="x=2 y=2 q=2",
    ),
    Example(
        "D4b",
        "Mul gate: swap multiplier",
        "q = x * y; f = 5 * q",
        at="x=2 y=3",
        gives="q=6 f=30",
        gradients="x=15 y=10 q=5",
    ),
    Example(
        "D4c",
        "Copy gate: gradient adder",
        "a = 4 * x; b = 2 * x; f = a + b",
        at="x=7",
        gives="a=28 b=14 f=42",
        gradients="x=6 a=1 b=1",
    ),
    Example(
        "D4d",
        "Max gate: gradient router",
        "q = max(x, y); f = 9 * q",
        at="x=4 y=5",
        gives="q=5 f=45",
        gradients="x=0 y=9 q=9",
    ),
    Example("D5a", "L2 loss", "L2 = (x - y)**2", at="x=3 y=1", gives="L2=4", gradients="x=4 y=-4"),
    Example(
        "D5b",
        "Sigmoid",
        "f = 1 / (1 + exp(-x))",
        at="x=1",
        gives="f=0.7310585786300049",
        gradients="x=0.19661193324148185",
    ),
    Example("D5c", "ReLU", "f = max(x, 0)", at="x=2", gives="f=2", gradients="x=1"),
    Example(
        "D6",
        "Flat code: a sigmoid neuron line by line",
        "s0 = w0 * x0; s1 = w1 * x1; s2 = s0 + s1; s3 = s2 + w2; L = sigmoid(s3)",
        at="w0=2 x0=-1 w1=-3 x1=-2 w2=-3",
        gives="s0=-2 s1=6 s2=4 s3=1 L=0.7310585786300049",
        gradients="w0=-0.19661193324148185 x0=0.3932238664829637 w1=-0.3932238664829637 x1=-0.5898357997244456 "
        "w2=0.19661193324148185 s3=0.19661193324148185 s2=0.19661193324148185 s1=0.19661193324148185 "
        "s0=0.19661193324148185",
    ),
    Example(
        "D7",
        "Numerical gradient of the length of Wx - y*",
        "f1 = w11*x1 + w12*x2 + w13*x3 + w14*x4; f2 = w21*x1 + w22*x2 + w23*x3 + w24*x4; "
        "f3 = w31*x1 + w32*x2 + w33*x3 + w34*x4; L = sqrt((f1 - y1)**2 + (f2 - y2)**2 + (f3 - y3)**2)",
        at="w11=-0.1 x1=0.1 w12=0.2 x2=1.5 w13=0.15 x3=0.07 w14=0.05 x4=2.32 w21=0.25 w22=0.05 w23=0.2 "
        "w24=-0.1 w31=0.25 w32=0.15 w33=-0.15 w34=0.4 y1=0 y2=1 y3=0",
        gives="f1=0.4165 f2=-0.118 f3=1.1675 L=1.6692670547279127",
        gradients="w11=0.024951070520461974 x1=-0.017537637202557608 w12=0.37426605780692956 x2=0.12132570365321874 "
        "w13=0.017465749364323383 x3=-0.2014357133854823 w14=0.5788648360747177 x4=0.3592145416766389 "
        "w21=-0.06697550262155219 w22=-1.0046325393232827 w23=-0.04688285183508653 "
        "w24=-1.5538316608200105 w31=0.06994087594871393 w32=1.049113139230709 w33=0.04895861316409975 "
        "w34=1.622628322010163 y1=-0.2495107052046197 y2=0.6697550262155219 y3=-0.6994087594871393 "
        "f1=0.2495107052046197 f2=-0.6697550262155219 f3=0.6994087594871393",
        note="the text of the slides that we have has L 1.6688 and gradients 0.5, 0.9: not what its W, x and y* give",
    ),
    Example(
        "D8a", "Chain rule: (2x + 1)^4", "f = 2*x + 1; h = f**4", at="x=1.5", gives="f=4 h=256", gradients="x=512 f=256"
    ),
    Example(
        "D8b",
        "Gradient: x1^2 x2 + x1 x2^3",
        "f = x1**2 * x2 + x1 * x2**3",
        at="x1=2 x2=3",
        gives="f=66",
        gradients="x1=39 x2=58",
    ),
    Example(
        "D8c",
        "Chain rule: x1^2 + 2 x2 along (sin t, cos t)",
        "x1 = sin(t); x2 = cos(t); f = x1**2 + 2*x2",
        at="t=0.7",
        gives="x1=0.644217687237691 x2=0.7648421872844885 f=1.9447008031188564",
        gradients="t=-0.3029856444869219 x1=1.288435374475382 x2=2",
    ),
    Example(
        "D8d",
        "Chain rule: exp(x1 x2^2) along (t cos t, t sin t)",
        "x1 = t*cos(t); x2 = t*sin(t); f = exp(x1*x2**2)",
        at="t=0.7",
        gives="x1=0.5353895310991419 x2=0.4509523810663837 f=1.1150238234749623",
        gradients="t=0.7062888605145926 x1=0.22674907043363893 x2=0.53841196362931",
    ),
    Example(
        "D9a",
        "Jacobian of f(x) = Ax, row 1",
        "f1 = a11*x1 + a12*x2 + a13*x3",
        at="a11=1 x1=1 a12=2 x2=-2 a13=3 x3=0.5",
        gives="f1=-1.5",
        gradients="a11=1 x1=1 a12=-2 x2=2 a13=0.5 x3=3",
        note="the text of the slides that we have has the Jacobian as N x M and as M x N; here it is [output][input]",
    ),
    Example(
        "D9b",
        "Jacobian of f(x) = Ax, row 2",
        "f2 = a21*x1 + a22*x2 + a23*x3",
        at="a21=4 x1=1 a22=5 x2=-2 a23=6 x3=0.5",
        gives="f2=-3",
        gradients="a21=1 x1=4 a22=-2 x2=5 a23=0.5 x3=6",
    ),
]
