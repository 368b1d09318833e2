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
    altair/vegalite zstandard/_cffi* numpy/_core/_simd* numpy/_core/lib numpy/random/lib \
    sqlalchemy/dialects/mysql sqlalchemy/dialects/oracle sqlalchemy/dialects/mssql \
    scipy/stats/_unuran/unuran_wrapper* \
    PIL/_avif* pillow.libs/libavif* PIL/_imagingft* PIL/_imagingcms* PIL/_webp* pillow.libs/libharfbuzz* \
    pillow.libs/libfreetype* pillow.libs/liblcms2* pillow.libs/libwebp* pillow.libs/libsharpyuv* pillow.libs/libbrotli*
# Of Arrow's library for Python there are three copies; the one whose name ends with its version is loaded.
rm -f pyarrow/libarrow_python*.so pyarrow/libarrow_python*.so.*.*.*
# Of statsmodels there is regression on time: of its folders these are used.
for folder in statsmodels/*/ statsmodels/tsa/*/; do
    case "$folder" in
        */base/ | */compat/ | */emplike/ | */formula/ | */graphics/ | */iolib/ | */regression/ | */stats/ | */tools/ \
            | statsmodels/tsa/) ;;
        *) rm -rf "$folder" ;;
    esac
done
# Charts that neither a page nor plotly's own look names.
for trace in choroplethmap cone densitymap funnel funnelarea image indicator isosurface ohlc parcats quiver \
    scattersmith splom streamtube sunburst treemap violin volume; do
    rm -rf "plotly/graph_objs/$trace" "plotly/graph_objs/_$trace.py"
done
rm -f plotly/graph_objs/_figurewidget.py
# The browser's parts for charts of other libraries, and for diagrams in texts.
for part in DeckGlJsonChart GraphVizChart EChartsChart embed. elk- cytoscape "*Diagram-"; do
    rm -f streamlit/static/static/js/$part*
done
# Words of other languages than those that are shown in colour.
[ ! -d pygments/lexers ] || find pygments/lexers -name "[a-z]*.py" -not -name python.py -not -name special.py -not -name sql.py -delete
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
