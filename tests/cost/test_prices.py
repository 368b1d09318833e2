"""The price table that ships, its tiers, and what settings change."""

from __future__ import annotations

import pytest

from vpcflow_core.cost.items import RULES
from vpcflow_core.cost.prices import shipped
from vpcflow_core.errors import SettingsError


@pytest.mark.parametrize(
    ("item", "region", "dollars"),
    [
        ("nat-gb", "us-east-1", 0.045),
        ("nat-gb", "sa-east-1", 0.093),
        ("nat-hour", "eu-west-1", 0.048),
        ("cross-az-gb", "us-east-1", 0.01),
        ("internet-out-gb", "ap-southeast-1", 0.12),
        ("inter-region-gb", "sa-east-1", 0.138),
        ("tgw-gb", "ap-northeast-1", 0.02),
        ("endpoint-hour", "ap-northeast-1", 0.014),
        ("endpoint-gb", "eu-west-1", 0.01),
        ("logs-s3-gb", "us-east-1", 0.25),
        ("nat-gb", "xx-nowhere-9", 0.045),  # us-east-1's stand for regions that the table lacks
    ],
)
def test_a_price_is_the_one_of_its_region(item: str, region: str, dollars: float) -> None:
    assert shipped().dollars(item, region) == dollars


def test_every_rule_has_a_price() -> None:
    for rule in RULES.values():
        assert rule.item == "" or shipped().price(rule.item, "us-east-1").first > 0


def test_each_gb_costs_what_its_own_tier_says() -> None:
    """10 TB at 9 cents, 40 TB at 8.5, 100 TB at 7, the rest at 5."""
    price = shipped().price("internet-out-gb", "us-east-1")
    assert price.of(160 * 1024) == pytest.approx(
        1024 * (10 * 0.09 + 40 * 0.085 + 100 * 0.07 + 10 * 0.05)
    )
    assert price.of(1024, before=10 * 1024) == pytest.approx(1024 * 0.085)
    assert price.at(0) == 0.09
    assert price.at(60_000) == 0.07


def test_settings_change_prices_by_item_by_region_and_all_of_them() -> None:
    own = {"nat-gb": 0.04, "us-east-1 nat-gb": 0.03}
    prices = shipped().changed(factor=0.5, own=own, internet_tb=60)
    assert prices.dollars("nat-gb", "us-east-1") == 0.015
    assert prices.dollars("nat-gb", "eu-west-1") == 0.02
    assert prices.dollars("internet-out-gb", "us-east-1") == 0.035
    assert prices.is_known("nat-gb", "eu-central-1")
    assert not shipped().is_known("nat-gb", "eu-central-1")


def test_a_price_of_no_item_is_refused_with_the_closest_one() -> None:
    with pytest.raises(SettingsError, match=r"Did you mean 'nat-gb'"):
        shipped().changed(own={"natgb": 0.04})
