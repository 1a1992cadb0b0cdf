"""A synthesised stack as a running network of machines on one Linux host."""
