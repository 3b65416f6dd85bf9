"""Tocsin tells the owners of networks what harm was seen in them."""

__version__ = "0.1.0"
