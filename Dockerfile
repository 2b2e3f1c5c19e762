# The worker, and every other `churn` command. `docker compose build` makes it as churn:0.1.0.
FROM python:3.12.11-slim-bookworm AS build
# Only platforms without wheels need a compiler; it stays in this stage.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/churn
ENV PATH=/opt/churn/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock /build/
RUN pip install --require-hashes --requirement /build/requirements.lock
COPY . /build
# Numba takes a kernel from its cache only if the file has the same time: whole seconds survive every kind of layer.
RUN pip install --no-deps --no-build-isolation --no-compile /build \
    && find /opt/churn/lib/python3.12/site-packages/stream_app -name '*.py' -exec touch --date=@1700000000 {} + \
    && python -m compileall -q /opt/churn/lib/python3.12/site-packages/stream_app

FROM python:3.12.11-slim-bookworm
RUN groupadd --gid 10001 churn \
    && useradd --uid 10001 --gid churn --create-home --home-dir /home/churn --shell /usr/sbin/nologin churn \
    && install --directory --owner=churn --group=churn /var/cache/churn
COPY --from=build /opt/churn /opt/churn
COPY models /opt/churn/models
# Kernels for any processor of this architecture: what is compiled here need not be compiled where it runs.
ENV PATH=/opt/churn/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/cache/churn \
    NUMBA_CPU_NAME=generic \
    CHURN_MODELS_DIRECTORY=/opt/churn/models
USER 10001:10001
WORKDIR /home/churn
RUN python -c "from stream_app.bootstrap.engine import engine_of, warm_up; from stream_app.settings import Settings; warm_up(engine_of(Settings()))"
EXPOSE 6066
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:6066/readyz', timeout=4)"]
ENTRYPOINT ["churn"]
CMD ["work"]
