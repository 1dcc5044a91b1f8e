"""Reports and exports from the mirror."""
