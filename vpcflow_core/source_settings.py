"""Settings of what is read: sources of flow logs, trails of CloudTrail, query logs of Route 53."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from vpcflow_core.redaction import holds_secret
from vpcflow_core.setting_types import Block, Region
from vpcflow_core.sources.schemes import examples

Account = Annotated[str, Field(pattern=r"^(\d{12}|organization)$")]
# How AWS is reached, with what the reference of settings says of it.
Profile = Annotated[str, Field(description="AWS profile to use.")]
RoleArn = Annotated[str, Field(description="Role to assume.")]
ExternalId = Annotated[str, Field(description="External id the role asks for.")]
RegionName = Annotated[str, Field(description="Region, if it cannot be found out.")]
RequesterPays = Annotated[bool, Field(description="Pay for reading another owner's bucket.")]


class SourceSetting(BaseModel):
    """One named source."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(description=f"Where its logs lie: {examples(mark='`')}.")
    log_format: str = Field("", description="Format of its lines, if they have no header.")
    profile: Profile = ""
    role_arn: RoleArn = ""
    external_id: ExternalId = ""
    region: RegionName = ""
    endpoint_url: str = Field(
        "", description="Another endpoint of S3 or CloudWatch Logs, such as a VPC endpoint."
    )
    no_sign: bool = Field(False, description="Read a public bucket without credentials.")
    requester_pays: RequesterPays = False
    exclude_internal: list[Block] = Field(
        default_factory=list,
        description='Blocks such as `["10.8.0.0/16"]`: records whose source and destination both '
        "lie in them are left out and counted. `10.8.` is the same block. A change holds for "
        "objects that are loaded from then on.",
    )
    ec2: bool = Field(
        True,
        description="Ask EC2 after a sync for interfaces, security groups and more of the "
        "credentials' account, in the regions of its logs.",
    )
    ec2_regions: list[Region] = Field(
        default_factory=list, description="Regions to ask instead of those that the logs name."
    )
    ec2_accounts: list[Account] = Field(
        default_factory=list,
        description='Accounts to ask instead of the credentials\' own, such as `["123456789012"]`; '
        '`["organization"]` asks all accounts of the organization. Needs `ec2_role`.',
    )
    ec2_role: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_+=,.@/-]*$",
        max_length=128,
        description="Name of the role to assume in each of `ec2_accounts`.",
    )


class TrailSetting(BaseModel):
    """Where CloudTrail's log files lie, whose network changes become notes on the time axis."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        description="The bucket that the trail writes to (`s3://bucket/prefix`), or a folder."
    )
    profile: Profile = ""
    role_arn: RoleArn = ""
    external_id: ExternalId = ""
    region: RegionName = ""
    endpoint_url: str = Field("", description="Another endpoint of S3, such as a VPC endpoint.")
    requester_pays: RequesterPays = False


class DnsLogSetting(BaseModel):
    """One place of query logs of Route 53 Resolver."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        description="Where they lie: a folder, `s3://bucket/prefix` or "
        "`cloudwatch://region/log-group`."
    )
    profile: Profile = ""
    role_arn: RoleArn = ""
    external_id: ExternalId = ""
    region: RegionName = ""
    endpoint_url: str = Field("", description="Another endpoint, such as a VPC endpoint.")

    @field_validator("url", "endpoint_url")
    @classmethod
    def _hold_no_secret(cls, url: str) -> str:
        if holds_secret(url):
            raise ValueError("it must not hold a password, key, token or signature")
        return url
