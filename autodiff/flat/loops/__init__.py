"""Any scalar program as loop nests: recorded gates rolled into statements over axes, and differentiated as such.

Where things are, in the order to read:

    statements   Statement, Axis, Index: loop nests as plain data, and their interpreter
    nests        roll: a recorded graph as Nests, all that a backend needs
    gates        recorded gates as rows of whole numbers, equal gates once
    sums         canonical shapes: chains of additions as one sum or dot
    levels       what can be computed side by side
    columns      operands as arrays of addresses; lists cut into pieces with strides
    runs         rows of numbers in which the same differences come again and again, as boxes
    families     groups of gates, by what they read
    memory       boxes as statements, and places for what they compute
    fusion       cheap statements written into their only reader
    adjoint      gradients of statements, as statements
    turns        time steps and layers as loops of turns
    rows         one more axis: a batch
    lengths      one program for sequences of every length
"""
