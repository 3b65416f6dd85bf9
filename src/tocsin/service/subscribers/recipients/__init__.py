"""Who a list goes to: joining and leaving, keys, and addresses that fail."""
