"""The examples of UCR EE/CS 228, lecture 4: backpropagation; one row each."""

from __future__ import annotations

from .example import Example

EXAMPLES = [
    Example("A1", "Chain rule x -> u -> y", "u = x**2; y = 3 * u", at="x=2", gives="u=4 y=12", gradients="x=12 u=3"),
    Example("A2", "A difference", "f = x1 - x2", at="x1=2 x2=3", gives="f=-1", gradients="x1=1 x2=-1"),
    Example(
        "A3a",
        "A sum inside a difference",
        "x2 = x3 + x4; f = x1 - x2",
        at="x1=2 x3=1 x4=-1",
        gives="x2=0 f=2",
        gradients="x1=1 x3=-1 x4=-1 x2=-1",
    ),
    Example(
        "A3b",
        "A longer sum inside a difference",
        "x2 = x3 + x5 + x4; f = x1 - x2",
        at="x1=2 x3=1 x5=2 x4=-1",
        gives="x2=2 f=0",
        gradients="x1=1 x3=-1 x5=-1 x4=-1 x2=-1",
        note="the text of the slides that we have has df/dx5 = 1; the minus of x1 - x2 makes it -1",
    ),
    Example(
        "A4",
        "Weights inside a difference",
        "x2 = w3*x3 + w4*x4; f = x1 - x2",
        at="x1=2 w3=0.5 x3=1 w4=0.25 x4=-1",
        gives="x2=0.25 f=1.75",
        gradients="x1=1 w3=-1 x3=-0.5 w4=1 x4=-0.25 x2=-1",
    ),
    Example(
        "A5",
        "A neuron inside a difference",
        "net2 = w3*x3 + w4*x4; x2 = sigmoid(net2); f = x1 - x2",
        at="x1=2 w3=0.5 x3=1 w4=0.25 x4=-1",
        gives="net2=0.25 x2=0.5621765008857981 f=1.4378234991142018",
        gradients="x1=1 w3=-0.24613408273759835 x3=-0.12306704136879917 w4=0.24613408273759835 "
        "x4=-0.06153352068439959 x2=-1 net2=-0.24613408273759835",
    ),
    Example(
        "A6",
        "x3 is used twice: its two paths add up",
        "x1 = x3 + x5; net2 = w3*x3 + w4*x4; x2 = sigmoid(net2); f = x1 - x2",
        at="x3=1 x5=2 w3=0.5 w4=0.25 x4=-1",
        gives="x1=3 net2=0.25 x2=0.5621765008857981 f=2.437823499114202",
        gradients="x3=0.8769329586312008 x5=1 w3=-0.24613408273759835 w4=0.24613408273759835 "
        "x4=-0.06153352068439959 x1=1 x2=-1 net2=-0.24613408273759835",
    ),
    Example(
        "A8",
        "One hidden layer w.sigma(Ux), squared loss",
        "h1 = sigmoid(u11*x1 + u12*x2 + u13*x3); h2 = sigmoid(u21*x1 + u22*x2 + u23*x3); "
        "f = w1*h1 + w2*h2; L = 0.5 * (f - y)**2",
        at="u11=0.1 x1=1 u12=-0.2 x2=2 u13=0.3 x3=-1 u21=0.4 u22=0.5 u23=-0.6 w1=0.7 w2=-0.8 y=0.5",
        gives="h1=0.35434369377420455 h2=0.8807970779778824 f=-0.4565970767403628 L=0.4575389836141038",
        gradients="u11=-0.15319803493757184 x1=0.016819894705757687 u12=-0.3063960698751437 x2=0.07081422973690796 "
        "u13=0.15319803493757184 x3=-0.09416895778054385 u21=0.08034924549878718 u22=0.16069849099757436 "
        "u23=-0.08034924549878718 w1=-0.33896414162578636 w2=-0.8425679099950958 y=0.9565970767403629 "
        "f=-0.9565970767403629 h1=-0.6696179537182539 h2=0.7652776613922903",
        note="in the text of the slides that we have the second dL/dw is dL/dU",
    ),
]
