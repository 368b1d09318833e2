"""Terraform of remedies, with the ids that are known."""

from __future__ import annotations

from collections.abc import Sequence


def gateway_endpoint(vpc: str, service: str, tables: Sequence[str], existing: str = "") -> str:
    """Routes to a gateway endpoint: of the one there is, or of a new one.

    Args:
        vpc: Where.
        service: In full: `com.amazonaws.eu-central-1.s3`.
        tables: Route tables that lack it.
        existing: The VPC's endpoint for the service.
    """
    name = service.rpartition(".")[2]
    if not existing:
        listed = ", ".join(f'"{table}"' for table in tables)
        return (
            f'resource "aws_vpc_endpoint" "{name}" {{\n'
            f'  vpc_id            = "{vpc}"\n'
            f'  service_name      = "{service}"\n'
            f'  vpc_endpoint_type = "Gateway"\n'
            f"  route_table_ids   = [{listed}]\n"
            "}\n"
        )
    return "\n".join(
        f'resource "aws_vpc_endpoint_route_table_association" "{name}_{number}" {{\n'
        f'  vpc_endpoint_id = "{existing}"\n'
        f'  route_table_id  = "{table}"\n'
        "}\n"
        for number, table in enumerate(tables, 1)
    )


def interface_endpoint(vpc: str, region: str, subnets: Sequence[str], service: str) -> str:
    """An interface endpoint.

    Args:
        vpc: Where.
        region: Of the service.
        subnets: Those of its clients, of which it takes one in each zone.
        service: The end of its name: `sqs`; "": which one must be filled in.
    """
    listed = ", ".join(f'"{subnet}"' for subnet in subnets)
    name = service.replace(".", "_").replace("-", "_") or "service"
    which = f'"com.amazonaws.{region}.{service or "SERVICE"}"'
    return (
        f'resource "aws_vpc_endpoint" "{name}" {{\n'
        f'  vpc_id              = "{vpc}"\n'
        f"  service_name        = {which}{'' if service else '  # logs, sqs, ecr.dkr, ...'}\n"
        '  vpc_endpoint_type   = "Interface"\n'
        f"  subnet_ids          = [{listed}]\n"
        "  private_dns_enabled = true\n"
        "}\n"
    )


def nat_gateway(az: str) -> str:
    """A NAT gateway of the clients' own zone, and the route to it."""
    name = az.replace("-", "_")
    return (
        f'resource "aws_eip" "{name}" {{\n  domain = "vpc"\n}}\n\n'
        f'resource "aws_nat_gateway" "{name}" {{\n'
        f"  allocation_id = aws_eip.{name}.id\n"
        f'  subnet_id     = "SUBNET"  # a public one in {az}\n'
        "}\n\n"
        f'resource "aws_route" "{name}" {{\n'
        f'  route_table_id         = "ROUTE_TABLE"  # of the private subnets in {az}\n'
        '  destination_cidr_block = "0.0.0.0/0"\n'
        f"  nat_gateway_id         = aws_nat_gateway.{name}.id\n"
        "}\n"
    )


def peering(vpc: str, other: str) -> str:
    """A peering connection of two VPCs, and the routes there and back."""
    far_vpc = other or "the other VPC"
    ways = "".join(
        f'\nresource "aws_route" "{way}" {{\n'
        f'  route_table_id            = "ROUTE_TABLE"  # of the subnets in {near}\n'
        f'  destination_cidr_block    = "BLOCK"  # of {far}\n'
        "  vpc_peering_connection_id = aws_vpc_peering_connection.direct.id\n"
        "}\n"
        for way, near, far in (("there", vpc, far_vpc), ("back", far_vpc, vpc))
    )
    return (
        'resource "aws_vpc_peering_connection" "direct" {\n'
        f'  vpc_id      = "{vpc}"\n'
        f'  peer_vpc_id = "{other or "OTHER_VPC"}"\n'
        "  auto_accept = true  # of one account and region; else with its own accepter\n"
        "}\n" + ways
    )


def without_nat(name: str) -> str:
    """What deletes a NAT gateway and its address, with the names they have in the configuration."""
    return (
        f"# {name}: remove its routes first; replace NAME by what they are called here.\n"
        "removed {\n  from = aws_nat_gateway.NAME\n  lifecycle {\n    destroy = true\n  }\n}\n\n"
        "removed {\n  from = aws_eip.NAME\n  lifecycle {\n    destroy = true\n  }\n}\n"
    )


def same_zone(az: str) -> str:
    """A group of instances that starts in one zone, and the same for a Kubernetes Service."""
    return (
        f"# One zone for both, here {az}; or keep copies in each zone and prefer the near one:\n"
        '# Kubernetes Service: spec.trafficDistribution = "PreferClose"\n'
        'resource "aws_autoscaling_group" "near" {\n'
        f'  vpc_zone_identifier = ["SUBNET"]  # in {az}\n'
        "  # the other arguments as they are\n"
        "}\n"
    )


def private_name(vpc: str, region: str) -> str:
    """A name that leads to a private address within the VPC."""
    return (
        'resource "aws_route53_zone" "inside" {\n'
        '  name = "NAME"  # the name that is asked today, which leads to a public address\n'
        f'  vpc {{\n    vpc_id     = "{vpc}"\n    vpc_region = "{region}"\n  }}\n'
        "}\n\n"
        'resource "aws_route53_record" "inside" {\n'
        "  zone_id = aws_route53_zone.inside.zone_id\n"
        '  name    = "NAME"\n'
        '  type    = "A"\n'
        "  ttl     = 60\n"
        '  records = ["PRIVATE_ADDRESS"]\n'
        "}\n"
    )
