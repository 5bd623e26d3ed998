"""Where webhooks may and may not go, by a table of tricks."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses
from notification_service.domain.addresses import refusal
from notification_service.domain.refusals import Code, Refusal
from notification_service.domain.urls import check_url

REFUSED = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "0.0.0.0": "this-network",
    "0.1.2.3": "this-network",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "shared",
    "100.100.100.200": "shared",
    "169.254.169.254": "link-local",
    "168.63.129.16": "metadata",
    "192.0.0.192": "special",
    "192.0.0.8": "special",
    "192.31.196.1": "special",
    "192.175.48.6": "special",
    "198.19.255.255": "benchmarking",
    "192.88.99.1": "6to4",
    "198.18.0.1": "benchmarking",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "reserved",
    "::1": "loopback",
    "::127.0.0.1": "reserved",
    "::ffff:127.0.0.1": "v4-mapped",
    "::ffff:93.184.216.34": "v4-mapped",
    "::ffff:0:127.0.0.1": "reserved",
    "64:ff9b::7f00:1": "nat64",
    "64:ff9b::a9fe:a9fe": "nat64",
    "64:ff9b:1::a00:1": "nat64",
    "100::1": "reserved",
    "2001::1": "special",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "special",  # Teredo
    "2001:20::1": "special",
    "fec0::1": "reserved",  # site-local of old
    "::ffff:a9fe:a9fe": "v4-mapped",
    "::10.0.0.1": "reserved",
    "64:ff9b::808:808": "nat64",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "2002:5db8:d822::1": "6to4",
    "3fff::1": "documentation",
    "5f00::1": "reserved",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fd20:ce::254": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "2606:2800:220:1::1%1": "link-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}
ALLOWED = ("93.184.216.34", "8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "2a00:1450::1")


@pytest.mark.parametrize(("address", "reason"), REFUSED.items())
def test_an_address_of_the_table_is_refused_for_its_reason(address, reason):
    assert refusal(ip_address(address), allow_loopback=False) == reason


@pytest.mark.parametrize("address", ALLOWED)
def test_a_public_address_is_let_through(address):
    assert refusal(ip_address(address), allow_loopback=False) is None


@pytest.mark.parametrize(("address", "reason"), REFUSED.items())
def test_letting_loopback_through_lets_nothing_else_through(address, reason):
    assert refusal(ip_address(address), allow_loopback=True) == (None if reason == "loopback" else reason)


@given(ip_addresses())
def test_what_is_let_through_is_global_for_python_too(address: IPv4Address | IPv6Address):
    if refusal(address, allow_loopback=False) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/hook", "https-required"),
        ("ftp://example.org/", "https-required"),
        ("file:///etc/passwd", "https-required"),
        ("gopher://example.org/", "https-required"),
        ("https://", "malformed"),
        ("https:///hook", "malformed"),
        ("https://example.org:0/", "malformed"),
        ("https://example.org:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://exa mple.org/", "malformed"),
        ("https://example.org/\r\nHost: evil", "malformed"),
        ("https://exämple.org/", "malformed"),
        ("https://example.org\\@127.0.0.1/", "malformed"),
        ("https://user:word@example.org/", "credentials-or-fragment"),
        ("https://example.org@127.0.0.1/", "credentials-or-fragment"),
        ("https://example.org/#x", "credentials-or-fragment"),
        ("https://127.0.0.1/", "loopback"),
        ("https://2130706433/", "loopback"),
        ("https://0x7f000001/", "loopback"),
        ("https://0177.0.0.1/", "loopback"),
        ("https://127.1/", "loopback"),
        ("https://0/", "this-network"),
        ("https://017700000001/", "loopback"),
        ("https://0x7f.0.0.1/", "loopback"),
        ("https://0X7F.1/", "loopback"),
        ("https://127.0x0.0.01/", "loopback"),
        ("https://4294967295/", "reserved"),
        ("https://10.1/", "private"),
        ("https://0xa9fea9fe/", "link-local"),
        ("https://0251.0376.0251.0376/", "link-local"),
        ("https://[::]/", "reserved"),
        ("https://[::ffff:7f00:1]/", "v4-mapped"),
        ("https://[::7f00:1]/", "reserved"),
        ("https://[2002:7f00:1::]/", "6to4"),
        ("https://[fe80::1%25eth0]/", "link-local"),
        ("https://[fd00:ec2::254]/", "private"),
        ("https://\uff11\uff12\uff17.0.0.1/", "malformed"),
        ("https://127.0.0.1\t/", "malformed"),
        ("https://127.0.0.1#@example.org/", "credentials-or-fragment"),
        ("https://[::1]/", "loopback"),
        ("https://[::ffff:127.0.0.1]/", "v4-mapped"),
        ("https://[64:ff9b::127.0.0.1]/", "nat64"),
        ("https://169.254.169.254/latest/meta-data", "link-local"),
        ("https://2852039166/latest/meta-data", "link-local"),
        ("https://" + "a" * 2000 + ".org/", "malformed"),
    ],
)
def test_a_url_that_leads_astray_is_not_registered(url, reason):
    with pytest.raises(Refusal) as refused:
        check_url(url, allow_local=False)
    assert refused.value.code is Code.URL_NOT_ALLOWED
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize("url", ["https://example.org/hook?key=1", "https://example.org:8443/", "https://8.8.8.8/"])
def test_an_ordinary_url_is_registered(url):
    check_url(url, allow_local=False)


def test_development_lets_this_machine_through_and_still_no_other_private_address():
    check_url("http://127.0.0.1:9000/", allow_local=True)
    with pytest.raises(Refusal):
        check_url("http://10.0.0.1/", allow_local=True)
