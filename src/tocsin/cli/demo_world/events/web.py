"""Broken-into sites and accounts, and clicks that nobody made."""

from __future__ import annotations

from typing import Final

from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.words import AGENTS, Cells, destination, hosted, source
from tocsin.cli.demo_world.machines import homes, sensors, servers

SITES: Final = (
    "www.shop.example.com",
    "shop.example.com",
    "blog.example.com",
    "library.example.org",
    "www.example.org",
    "club.example.net",
)


def click_fraud(dice: Dice) -> Cells:
    """A machine clicked an advertisement in nobody's name."""
    machine = dice.favourite(homes("click fraud"))
    site = dice.favourite(SITES)
    return {
        **source(dice, machine),
        **destination(sensors()[0], 443),
        "protocol": "tcp",
        "infection": "click-bot",
        "family": "moth",
        "tag": "click",
        "http_url": f"https://ads.example.com/click?campaign={dice.below(20)}",
        "http_referer": f"https://{site}/",
        "http_agent": dice.favourite(AGENTS),
        "ad_network": "Example Ads",
        "affiliate_id": f"aff-{dice.ranked(9)}",
        "count": dice.between(1, 30),
    }


def referer(dice: Dice) -> Cells:
    """A visitor of a sinkhole came from a page that somebody has changed."""
    number = dice.ranked(len(SITES))
    machine = servers("sites")[number]
    return {
        "http_referer_ip": machine.address,
        "http_referer_port": 80,
        "http_referer_hostname": SITES[number],
        **destination(sensors()[0], 80),
        "protocol": "tcp",
        "infection": "injected-script",
        "tag": "web;script",
        "http_url": f"/stat.js?v={dice.below(4)}",
        "http_host": "sting.example.com",
        "http_referer": f"http://{SITES[number]}/{dice.favourite(('', 'news/', 'basket/'))}",
    }


def compromised_website(dice: Dice) -> Cells:
    """A crawler found a page that is not its owner's any more."""
    number = dice.ranked(40)
    machine, site = servers("sites")[number], SITES[number % len(SITES)]
    category = dice.favourite(("malwarehosting", "phishing", "spam"))
    return {
        **hosted(machine, dice.favourite((443, 80))),
        "protocol": "tcp",
        "tag": category,
        "hostname": site,
        "hostname_source": "http",
        "application": "http",
        "url": f"https://{site}/wp-content/{dice.favourite(('up', 'cache', 'x'))}.php",
        "http_host": site,
        "category": category,
        "server": "nginx",
        "status": "compromised",
        "severity": dice.favourite(("critical", "high")),
    }


def compromised_account(dice: Dice) -> Cells:
    """Somebody's password is on sale; there is no address, only a domain."""
    domain = dice.favourite(("example.org", "cs.example.org", "shop.example.com", "example.net"))
    user = f"user{dice.ranked(200)}"
    return {
        "email": f"{user}@{domain}",
        "infection": "paper-wasp",
        "source_url": "https://market.example.com/lots",
        "status": "leaked",
        "tag": "credentials",
        "service": dice.favourite(("webmail", "vpn", "shop")),
        "username": user,
    }
