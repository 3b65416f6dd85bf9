"""From files in the spool to records in the lake, every row accounted for."""
