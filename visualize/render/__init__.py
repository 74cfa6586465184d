"""Drawings from scenes and plans (painter), written as SVG, PNG, PDF or TikZ, or as a graph for Graphviz."""
