# vpcflow in a container: not root, nothing written outside of /store and /tmp.
#   docker build -t vpcflow .
#   docker run --read-only --tmpfs /tmp -v vpcflow:/store -p 127.0.0.1:8501:8501 vpcflow
# The full image has `strip`, which `prune.sh` uses.
FROM python:3.13 AS build
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile \
        --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE streamlit_app.py ./
COPY .streamlit .streamlit
COPY data data
COPY dashboards dashboards
COPY vpcflow_core vpcflow_core
COPY deploy/prune.sh ./
# The build backend alone is fetched here; everything that runs came with its hash above.
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile --no-deps . \
    && /venv/bin/pip uninstall --yes --quiet pip \
    && sh prune.sh /venv/lib/python3.13/site-packages

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin vpcflow \
    && install -d -o vpcflow -g vpcflow /store
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    VPCFLOW_STORE=/store \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_HEADLESS=true
USER 10001
WORKDIR /store
VOLUME /store
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
ENTRYPOINT ["vpcflow"]
CMD ["serve"]
