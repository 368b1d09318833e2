#!/bin/sh
# Takes out of installed packages what vpcflow never runs: tests, headers, Arrow Flight, AWS services.
#   sh prune.sh SITE_PACKAGES
set -eu
cd "$1"
find . -depth -type d \( -name tests -o -name __pycache__ \) -not -path "./numpy/*" -exec rm -rf {} +
rm -rf pyarrow/include pyarrow/src pydeck/nbextension \
    pyarrow/libarrow_flight* pyarrow/libarrow_python_flight* pyarrow/_flight*
find . -name "*.pyi" -delete
if command -v strip > /dev/null; then
    # Not those of numpy and others: their libraries were moved, and strip breaks such files.
    find pyarrow -name "*.so*" -type f -exec strip --strip-unneeded {} + 2> /dev/null || true
fi
cd botocore/data
for service in */; do
    case "$service" in
        athena/ | cloudtrail/ | ec2/ | glue/ | logs/ | organizations/ | s3/ | secretsmanager/ | signin/ \
            | sns/ | sqs/ | sso/ | sso-oidc/ | sts/) ;;
        *) rm -rf "$service" ;;
    esac
done
