"""Three tiers of Parquet: observations, records, published rows."""
