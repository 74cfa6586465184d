"""Any scalar program as loop nests: recorded gates rolled into statements over axes, and differentiated in that form.

Modules, in reading order:

    statements   Statement, Axis, Index: loop nests as plain data, and their interpreter
    nests        roll: a recorded graph as Nests, everything that a backend needs; for_rows: for a batch
    gates        recorded gates as rows of integers, equal gates once; in canonical shapes, level by level
    columns      operands as arrays of addresses; rows with repeating differences as boxes
    families     groups of gates with the same reads as statements, and places for their results
    fusion       cheap statements fused into their only reader
    adjoint      gradients of statements, as statements
    turns        time steps and layers as loops of turns
    lengths      one program for sequences of every length
"""
