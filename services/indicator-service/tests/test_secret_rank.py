"""What is hidden beside small counts goes by an order that only the service knows, and that a new secret moves once."""

from indicator_service.api.dependencies import secret_rank

OLD, NEW = "o" * 40, "n" * 40
UNITS = ("oslo", "ost", "innlandet", "agder", "vest", "nordland", "troms", "finnmark")


def order(secret: str) -> list[str]:
    return sorted(UNITS, key=secret_rank(secret))


def test_another_secret_makes_another_order():
    assert order(OLD) != order(NEW)


def test_of_several_secrets_the_same_counts_whichever_is_the_newest():
    assert order(f"{OLD},{NEW}") == order(f"{NEW}, {OLD}")
    assert order(f"{OLD},{NEW}") in (order(OLD), order(NEW))
