#!/bin/sh
# Takes out of installed packages what vpcflow never runs: tests, sources, headers, Arrow Flight, Jupyter's
# files, charts that no page has, AWS services. `make try-image` runs what is left.
#   sh prune.sh SITE_PACKAGES
set -eu
cd "$1"
find . -depth -type d \( -name tests -o -name __pycache__ \) -not -path "./numpy/*" -exec rm -rf {} +
find . -type d -path "./numpy/*" -name tests -prune -not -path "./numpy/_core/*" -exec rm -rf {} +
find . -type f \( -name "*.pyi" -o -name "*.pyx" -o -name "*.pxd" -o -name "*.h" -o -name "*.hpp" \
    -o -name "*.map" -o -name "*.c" -o -name "*.cpp" \) -delete
rm -rf pyarrow/include pyarrow/src pyarrow/libarrow_flight* pyarrow/libarrow_python_flight* pyarrow/_flight* \
    hive_metastore streamlit/.agents streamlit/hello sqlalchemy/testing \
    pydeck/nbextension plotly/labextension plotly/package_data/widgetbundle.js ../../../share/jupyter \
    scipy/io scipy/odr scipy/cluster scipy/datasets scipy/misc scipy/fftpack scipy/stats/_unuran/*test* \
    statsmodels/datasets/*/src altair/vegalite/v6/schema/*.json \
    PIL/_avif* pillow.libs/libavif* \
    streamlit/static/static/js/DeckGlJsonChart* streamlit/static/static/js/GraphVizChart*
if command -v strip > /dev/null; then
    # Not those of numpy, scipy and Pillow: their libraries were moved, and strip breaks such files.
    for package in pyarrow zstandard sqlalchemy aiohttp lz4 cryptography yaml multidict frozenlist propcache \
        pyiceberg rpds isal pyroaring*.so; do
        find "$package" -name "*.so*" -type f -exec strip --strip-unneeded {} + 2> /dev/null || true
    done
fi
cd botocore/data
for service in */; do
    case "$service" in
        athena/ | cloudtrail/ | ec2/ | glue/ | logs/ | organizations/ | s3/ | secretsmanager/ | signin/ \
            | sns/ | sqs/ | sso/ | sso-oidc/ | sts/) ;;
        *) rm -rf "$service" ;;
    esac
done
