"""Any scalar program as loop nests: recorded gates rolled into statements over axes, and differentiated as such.

Where things are, in the order to read:

    statements   Statement, Axis, Index: loop nests as plain data, and their interpreter
    nests        roll: a recorded graph as Nests, all that a backend needs; for a batch
    gates        recorded gates as rows of whole numbers, equal gates once; in canonical shapes, level by level
    columns      operands as arrays of addresses; rows in which the same differences come again, as boxes
    families     groups of gates, by what they read, as statements, and places for what they compute
    fusion       cheap statements written into their only reader
    adjoint      gradients of statements, as statements
    turns        time steps and layers as loops of turns
    lengths      one program for sequences of every length
"""
