"""One figure a file: what Tocsin takes, what its floor takes, and what is asked for."""
