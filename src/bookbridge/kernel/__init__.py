"""Values everything else is built from; standard library only."""
