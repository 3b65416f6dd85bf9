"""Reading the lists file part by part; `tocsin.engine.nightly.snapshot` reads it whole."""
