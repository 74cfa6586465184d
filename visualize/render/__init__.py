"""Pictures from scenes and plans: shapes (painter), written out as SVG, by matplotlib, or for Graphviz."""
