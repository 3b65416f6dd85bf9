"""`tocsin explain`: why a list got a row, as far as the row's terms allow to say."""
