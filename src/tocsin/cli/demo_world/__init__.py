"""A small made-up Internet and one day of its sensors' logs, the same bytes every time.

Everything lies in ranges that are reserved for documentation: 192.0.2.0/24, 198.51.100.0/24,
203.0.113.0/24 and 2001:db8::/32, AS64496 to AS64511, the countries XA, XB and XC, and names below
example.org, example.com and example.net. Nobody real can be meant.
"""
