# One image for web, worker and reaper; docker-compose.yml says which it is.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=dlstart_web.settings \
    DLSTART_PRODUCTION=1 \
    DLSTART_DATA=/data/var

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 dlstart \
    && install --directory --owner dlstart --mode 0700 /data

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && python -m dlstart_web.languages

USER dlstart
VOLUME /data
EXPOSE 8000
