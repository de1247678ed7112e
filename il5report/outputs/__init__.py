"""One file per table, figure or listing: who is counted, which method, which rows, which order."""
