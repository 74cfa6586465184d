"""Any scalar program as loop nests: recorded gates rolled into statements over axes, and differentiated as such.

Where things are:

    statements   Statement, Axis, Index: loop nests as plain data, and their interpreter
"""
