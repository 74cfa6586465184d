"""Where everything stands: what takes how much room (sizes), and a plan of it, by dot or built in (sugiyama)."""
