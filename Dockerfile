# The server in a container: MCP on stdin and stdout, or over HTTP with `serve --http --host 0.0.0.0`.
# docs/team.md says how to run it. tests/e2e/test_container.py runs these steps as a script.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/server \
 && /opt/server/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
# `--build-arg EXTRAS=clickhouse,otel` adds these extras; each has a lock of its own.
ARG EXTRAS=""
COPY requirements-*.lock ./
RUN for extra in $(echo "$EXTRAS" | tr , ' '); do \
      /opt/server/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r "requirements-$extra.lock" || exit 1; \
    done
COPY server ./server
RUN cp -R server/call_transcripts_mcp "$(/opt/server/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/"

FROM python:3.13-slim
LABEL io.modelcontextprotocol.server.name="io.github.call-transcripts-mcp/call-transcripts-mcp"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin calls \
 && mkdir /data \
 && chown calls /data
COPY --from=build /opt/server /opt/server
ENV CALL_TRANSCRIPTS_HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# The archive is all that is written: the root file system can be read-only.
VOLUME ["/data"]
USER calls
EXPOSE 8765
# Asks the HTTP server; a server on stdin and stdout has no port, and its host watches it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["/opt/server/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8765/healthz', timeout=4)"]
ENTRYPOINT ["/opt/server/bin/python", "-P", "-m", "call_transcripts_mcp"]
