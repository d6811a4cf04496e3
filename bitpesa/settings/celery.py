"""Celery: makes things fast, decides nothing. The truth is in PostgreSQL, and the sweeper needs no broker."""

from bitpesa import env

_ENV = env.read()

CELERY_BROKER_URL = _ENV.redis_url.get_secret_value()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "messages"
CELERY_TASK_ROUTES = {
    "transactions.submit_payout": {"queue": "payouts"},
    "transactions.query_payout": {"queue": "payouts"},
    "transactions.issue_invoice": {"queue": "invoices"},
    "transactions.settle_invoice": {"queue": "invoices"},
    "transactions.return_sats": {"queue": "invoices"},
}
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
# A dead broker must cost a request a quarter of a second once, not minutes: what it would have sent, the sweeper does.
CELERY_BROKER_CONNECTION_TIMEOUT = 0.25
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 0.25,
    # `celery_app` gives the worker longer: it waits for work.
    "socket_timeout": 0.5,
    "socket_keepalive": True,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# One connection per worker process, kept over tasks; Celery closes it after each task otherwise.
CELERY_DB_REUSE_MAX = 1_000
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "refresh-rates": {
        "task": "transactions.refresh_rates",
        "schedule": _ENV.rate_refresh_seconds,
        "options": {"expires": _ENV.rate_refresh_seconds},
    },
    "forget-expired-keys": {"task": "transactions.forget_expired_keys", "schedule": 3_600},
}
