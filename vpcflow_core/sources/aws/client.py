"""boto3 sessions and clients as the options of a source ask; may import errors and boto3."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore import exceptions as aws
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.loaders import Loader, create_loader

from vpcflow_core.errors import SettingsError, closest
from vpcflow_core.sources.aws.errors import ABSENT

if TYPE_CHECKING:
    from vpcflow_core.sources.open import SourceOptions

# boto3 makes its clients at run time; their types are a package of their own that we do without.
Client = Any

# Enough connections for the sync's downloads and the listing's threads at once.
CONNECTIONS = 48


def session_of(options: SourceOptions) -> boto3.Session:
    """A session of the options' profile and region, acting as their role if they name one.

    Raises:
        SettingsError: There is no such profile, or the AWS configuration is damaged.
        CredentialsError: There are no credentials to assume the role with.
    """
    try:
        session = boto3.Session(
            botocore_session=_reading_once(options.profile), region_name=options.region or None
        )
        if options.role_arn:
            _assume(session, options)
        return session
    except aws.ProfileNotFound as error:
        known = boto3.Session().available_profiles
        hint = closest(options.profile, known)
        raise SettingsError(
            f"There is no AWS profile '{options.profile}'.",
            f"{hint} Profiles known: {', '.join(known) or 'none'}.".strip(),
        ) from error
    except aws.BotoCoreError as error:
        raise SettingsError(
            f"The AWS configuration cannot be used ({type(error).__name__}).",
            "Check ~/.aws/config and the AWS_ environment variables.",
        ) from error


def acting_as(session: boto3.Session, options: SourceOptions) -> boto3.Session:
    """A session that assumes the options' role with another session's credentials.

    Raises:
        CredentialsError: There are none.
    """
    made = boto3.Session(
        botocore_session=_reading_once(options.profile), region_name=options.region or None
    )
    _assume(made, options, session)
    return made


def _reading_once(profile: str) -> botocore.session.Session:
    """A session that shares what botocore has read of its descriptions of AWS's services.

    They are megabytes of JSON; else each session reads and parses them once more.
    """
    session = botocore.session.Session(profile=profile or None)
    loader = _loader(session.get_config_variable("data_path"))
    # Each boto3 session adds its own folder to the loader's.
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)
    session.register_component("data_loader", loader)
    return session


@cache
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)


def _assume(
    session: boto3.Session, options: SourceOptions, by: boto3.Session | None = None
) -> None:
    """Let the session act as the role; its credentials renew themselves during long syncs.

    Args:
        session: The session.
        options: The role, and its external id.
        by: The session whose credentials assume it, if not the session's own.
    """
    inner: Any = session._session  # boto3 offers no other way to renewing credentials
    source = (by or session).get_credentials()
    if source is None:
        raise ABSENT.with_words(place=options.role_arn)
    extra = {"RoleSessionName": "vpcflow"}
    extra |= {"ExternalId": options.external_id} if options.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        inner.create_client, source, options.role_arn, extra_args=extra
    )
    inner._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def client_of(
    session: boto3.Session,
    service: str,
    options: SourceOptions,
    region: str,
    *,
    attempts: int,
    endpoint_url: str | None = None,
    **config: Any,
) -> Client:
    """A client of one service.

    Args:
        session: As `session_of` gives it.
        service: boto3's name of it.
        options: Endpoint and signing.
        region: Region it is asked in.
        attempts: How often botocore sends a request that fails, in all.
        endpoint_url: Another endpoint than the options'; "" for AWS's own.
        **config: More of botocore's `Config`.

    Raises:
        SettingsError: The endpoint URL or the region is no such thing.
    """
    settings = Config(
        signature_version=UNSIGNED if options.no_sign else None,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=CONNECTIONS,
        connect_timeout=5,
        read_timeout=60,
        **config,
    )
    endpoint = options.endpoint_url if endpoint_url is None else endpoint_url
    try:
        return session.client(  # type: ignore[call-overload]
            service, region_name=region, endpoint_url=endpoint or None, config=settings
        )
    except ValueError as error:
        raise SettingsError(
            f"The endpoint URL or the region cannot be used to reach AWS ({service}).",
            "Write the endpoint as https://host:port, and the region as eu-central-1.",
        ) from error
