# One file for every service: docker build --build-arg SERVICE=billing -t maillon-billing .

FROM python:3.11-slim-bookworm AS build
ARG UV_VERSION=0.13.9
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON=/usr/local/bin/python3.11 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/app/.venv
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src

# Third-party packages first: this layer changes only when a dependency does.
ARG SERVICE
RUN test -n "${SERVICE}" || { echo "name the service: --build-arg SERVICE=billing" >&2; exit 1; }
COPY pyproject.toml uv.lock ./
COPY libs/contracts/pyproject.toml libs/contracts/
COPY libs/chassis/pyproject.toml libs/chassis/
COPY services/${SERVICE}/pyproject.toml services/${SERVICE}/
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --package "maillon-${SERVICE}" --frozen --no-dev --no-install-workspace

COPY libs libs
COPY services/${SERVICE} services/${SERVICE}
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --package "maillon-${SERVICE}" --frozen --no-dev --no-editable


FROM python:3.11-slim-bookworm
ARG SERVICE
RUN groupadd --gid 10001 maillon \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin maillon \
    && install -d -o maillon -g maillon /var/lib/maillon
COPY --from=build /app/.venv /app/.venv
COPY services/${SERVICE}/migrations /app/migrations
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MAILLON_SERVICE=${SERVICE} \
    MAILLON_MIGRATIONS=/app/migrations \
    MAILLON_HOST=0.0.0.0 \
    MAILLON_PORT=8000
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['MAILLON_PORT']}/livez\", timeout=2)"]
# Migrations are a job of their own: --entrypoint python ... -m chassis.migrate <service>
ENTRYPOINT ["python", "-m", "chassis.serve"]
