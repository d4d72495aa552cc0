"""The order of work: calls in, rules judged, facts written, listeners told. Engine thread only (DESIGN section 3)."""
