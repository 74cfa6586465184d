"""Pictures of computation graphs: scenes, layout, and the one SVG painter."""
