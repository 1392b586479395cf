"""Training on verl: the only package that imports verl, torch or ray."""
