"""The examples of CM 146, lecture 9: deep learning; one row each."""

from __future__ import annotations

from .example import Example

EXAMPLES = [
    Example(
        "E1",
        "Feed-forward with a step activation",
        "z2_1 = theta1_10*x0 + theta1_11*x1 + theta1_12*x2 + theta1_13*x3; a2_1 = heaviside(z2_1, 1); "
        "z2_2 = theta1_20*x0 + theta1_21*x1 + theta1_22*x2 + theta1_23*x3; a2_2 = heaviside(z2_2, 1); "
        "z2_3 = theta1_30*x0 + theta1_31*x1 + theta1_32*x2 + theta1_33*x3; a2_3 = heaviside(z2_3, 1); "
        "z3 = theta2_10*a2_0 + theta2_11*a2_1 + theta2_12*a2_2 + theta2_13*a2_3; h = heaviside(z3, 1)",
        at="theta1_10=1 x0=1 theta1_11=0 x1=0 theta1_12=0 x2=2 theta1_13=1 x3=1 theta1_20=0 theta1_21=-1 "
        "theta1_22=1 theta1_23=0 theta1_30=2 theta1_31=0 theta1_32=1 theta1_33=1 theta2_10=0 a2_0=1 "
        "theta2_11=1 theta2_12=1 theta2_13=0",
        gives="z2_1=2 a2_1=1 z2_2=2 a2_2=1 z2_3=5 a2_3=1 z3=2 h=1",
        gradients="theta1_10=0 x0=0 theta1_11=0 x1=0 theta1_12=0 x2=0 theta1_13=0 x3=0 theta1_20=0 theta1_21=0 "
        "theta1_22=0 theta1_23=0 theta1_30=0 theta1_31=0 theta1_32=0 theta1_33=0 theta2_10=0 a2_0=0 "
        "theta2_11=0 theta2_12=0 theta2_13=0 z3=0 a2_1=0 z2_1=0",
    ),
    Example(
        "E2a",
        "AND at 00",
        "h = sigmoid(-30 + 20*x1 + 20*x2)",
        at="x1=0 x2=0",
        gives="h=9.357622968839299e-14",
        gradients="x1=1.8715245937676847e-12 x2=1.8715245937676847e-12",
    ),
    Example(
        "E2b",
        "AND at 01",
        "h = sigmoid(-30 + 20*x1 + 20*x2)",
        at="x1=0 x2=1",
        gives="h=4.5397868702434395e-05",
        gradients="x1=0.0009079161547190334 x2=0.0009079161547190334",
    ),
    Example(
        "E2c",
        "AND at 10",
        "h = sigmoid(-30 + 20*x1 + 20*x2)",
        at="x1=1 x2=0",
        gives="h=4.5397868702434395e-05",
        gradients="x1=0.0009079161547190334 x2=0.0009079161547190334",
    ),
    Example(
        "E2d",
        "AND at 11",
        "h = sigmoid(-30 + 20*x1 + 20*x2)",
        at="x1=1 x2=1",
        gives="h=0.9999546021312976",
        gradients="x1=0.0009079161547190334 x2=0.0009079161547190334",
    ),
    Example(
        "E3a",
        "XNOR from AND, NOR and OR, at 00",
        "a1 = sigmoid(-30 + 20*x1 + 20*x2); a2 = sigmoid(10 - 20*x1 - 20*x2); h = sigmoid(-10 + 20*a1 + 20*a2)",
        at="x1=0 x2=0",
        gives="a1=9.357622968839299e-14 a2=0.9999546021312976 h=0.9999545608951235",
        gradients="x1=-8.250604540548663e-07 x2=-8.250604540548663e-07 a1=0.0009087408032858749 "
        "a2=0.0009087408032858749",
    ),
    Example(
        "E3b",
        "XNOR from AND, NOR and OR, at 01",
        "a1 = sigmoid(-30 + 20*x1 + 20*x2); a2 = sigmoid(10 - 20*x1 - 20*x2); h = sigmoid(-10 + 20*a1 + 20*a2)",
        at="x1=0 x2=1",
        gives="a1=4.5397868702434395e-05 a2=4.5397868702434395e-05 h=4.5480378505112356e-05",
        gradients="x1=0 x2=0 a1=0.0009095662008056677 a2=0.0009095662008056677",
    ),
    Example(
        "E3c",
        "XNOR from AND, NOR and OR, at 10",
        "a1 = sigmoid(-30 + 20*x1 + 20*x2); a2 = sigmoid(10 - 20*x1 - 20*x2); h = sigmoid(-10 + 20*a1 + 20*a2)",
        at="x1=1 x2=0",
        gives="a1=4.5397868702434395e-05 a2=4.5397868702434395e-05 h=4.5480378505112356e-05",
        gradients="x1=0 x2=0 a1=0.0009095662008056677 a2=0.0009095662008056677",
    ),
    Example(
        "E3d",
        "XNOR from AND, NOR and OR, at 11",
        "a1 = sigmoid(-30 + 20*x1 + 20*x2); a2 = sigmoid(10 - 20*x1 - 20*x2); h = sigmoid(-10 + 20*a1 + 20*a2)",
        at="x1=1 x2=1",
        gives="a1=0.9999546021312976 a2=9.357622968839299e-14 h=0.9999545608951235",
        gradients="x1=8.250604540548663e-07 x2=8.250604540548663e-07 a1=0.0009087408032858749 a2=0.0009087408032858749",
    ),
    Example(
        "E6",
        "Computation graph of s = u.h, h = f(z), z = Wx + b",
        "z1 = w11*x1 + w12*x2 + w13*x3 + b1; z2 = w21*x1 + w22*x2 + w23*x3 + b2; h1 = sigmoid(z1); "
        "h2 = sigmoid(z2); s = u1*h1 + u2*h2",
        at="w11=0.1 x1=1 w12=0.2 x2=2 w13=-0.1 x3=-1 b1=0.05 w21=-0.3 w22=0.4 w23=0.2 b2=-0.05 u1=0.5 u2=-0.6",
        gives="z1=0.65 z2=0.25 h1=0.6570104626734988 h2=0.5621765008857981 s=-0.008800669194729459",
        gradients="w11=0.11267385730552693 x1=0.055571520623320395 w12=0.22534771461105385 x2=-0.03653740839591822 "
        "w13=-0.11267385730552693 x3=-0.040803475659064496 b1=0.11267385730552693 w21=-0.147680449642559 "
        "w22=-0.295360899285118 w23=0.147680449642559 b2=-0.147680449642559 u1=0.6570104626734988 "
        "u2=0.5621765008857981 h1=0.5 h2=-0.6 z1=0.11267385730552693 z2=-0.147680449642559",
    ),
    Example(
        "E7",
        "(x + y) max(y, z): y has two paths",
        "a = x + y; b = max(y, z); f = a * b",
        at="x=1 y=2 z=0",
        gives="a=3 b=2 f=6",
        gradients="x=2 y=5 z=0 a=2 b=3",
        note="at a tie, y = z, the slide's 1(y > z) and 1(z > y) are both 0; here max splits 1/2 and 1/2",
    ),
    Example(
        "E8a",
        "Gradient of a sigmoid layer, small weights",
        "z1 = 1 / (1 + exp(-(w11*x1 + w12*x2))); z2 = 1 / (1 + exp(-(w21*x1 + w22*x2))); f = z1 + z2",
        at="w11=0.1 x1=1 w12=0.2 x2=2 w21=-0.3 w22=0.4",
        gives="z1=0.6224593312018546 z2=0.6224593312018546 f=1.2449186624037092",
        gradients="w11=0.2350037122015945 x1=-0.04700074244031889 w12=0.470007424403189 x2=0.1410022273209567 "
        "w21=0.2350037122015945 w22=0.470007424403189 z1=1 z2=1",
    ),
    Example(
        "E8b",
        "Gradient of a sigmoid layer, large weights: it vanishes",
        "z1 = 1 / (1 + exp(-(w11*x1 + w12*x2))); z2 = 1 / (1 + exp(-(w21*x1 + w22*x2))); f = z1 + z2",
        at="w11=10 x1=1 w12=5 x2=2 w21=-9 w22=-6",
        gives="z1=0.9999999979388464 z2=7.582560422162384e-10 f=0.9999999986971024",
        gradients="w11=2.061153613941849e-09 x1=1.3787231764646917e-08 w12=4.122307227883698e-09 "
        "x2=5.7562318198615295e-09 w21=7.582560416412863e-10 w22=1.5165120832825725e-09 z1=1 z2=1",
    ),
    Example(
        "E11",
        "E1's net without an activation",
        "z2_1 = theta1_10*x0 + theta1_11*x1 + theta1_12*x2 + theta1_13*x3; "
        "z2_2 = theta1_20*x0 + theta1_21*x1 + theta1_22*x2 + theta1_23*x3; "
        "z2_3 = theta1_30*x0 + theta1_31*x1 + theta1_32*x2 + theta1_33*x3; "
        "h = theta2_10*a2_0 + theta2_11*z2_1 + theta2_12*z2_2 + theta2_13*z2_3",
        at="theta1_10=1 x0=1 theta1_11=0 x1=0 theta1_12=0 x2=2 theta1_13=1 x3=1 theta1_20=0 theta1_21=-1 "
        "theta1_22=1 theta1_23=0 theta1_30=2 theta1_31=0 theta1_32=1 theta1_33=1 theta2_10=0 a2_0=1 "
        "theta2_11=1 theta2_12=1 theta2_13=0",
        gives="z2_1=2 z2_2=2 z2_3=5 h=4",
        gradients="theta1_10=1 x0=1 theta1_11=0 x1=-1 theta1_12=2 x2=1 theta1_13=1 x3=1 theta1_20=1 theta1_21=0 "
        "theta1_22=2 theta1_23=1 theta1_30=0 theta1_31=0 theta1_32=0 theta1_33=0 theta2_10=1 a2_0=0 "
        "theta2_11=2 theta2_12=2 theta2_13=5 z2_1=1 z2_2=1 z2_3=0",
    ),
    Example(
        "E14",
        "Chain rule f = A(B(C(x)))",
        "C = x**2; B = sin(C); f = exp(B)",
        at="x=0.7",
        gives="C=0.49 B=0.47062588817115797 f=1.6009959241098735",
        gradients="x=1.9776558344802249 B=1.6009959241098735 C=1.4126113103430178",
    ),
]
