"""`tocsin look`: what is in files, without taking them in."""
