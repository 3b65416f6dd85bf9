"""The catalogue: report types, columns, areas and sources as data, and what reads them.

Data first: a new report type or source is a new YAML file, never a new class.
"""
