# The production image: no compiler, no development or embedded packages, no root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY . .
# Static files need no environment of production: the test settings are complete by themselves.
RUN DJANGO_SETTINGS_MODULE=bitpesa.settings.collect /venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home bitpesa
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=bitpesa.settings.production \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER bitpesa
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["sh", "-c", "mkdir -p $PROMETHEUS_MULTIPROC_DIR && exec gunicorn bitpesa.wsgi:application --config bitpesa/gunicorn.py --bind 0.0.0.0:8000 --worker-class gthread --workers 2 --threads 8"]
