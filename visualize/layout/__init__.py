"""The positions in a picture: the room that everything takes (sizes), and its plan, built in (sugiyama) or by dot."""
