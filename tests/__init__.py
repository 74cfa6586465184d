"""The tests: a folder for each room of the product, and what they share in ``support``.

autodiff, flat, nn, visualize   the rooms
browser                         pages, in Chromium
robustness                      hostile input, faults, interruptions, threads, size, surroundings, the release
benchmarks                      speed, beside peers
support                         what tests share
data                            recorded references, and what records them
"""
