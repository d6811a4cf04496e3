"""The web process: API, admin, dashboard, checkout."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bitpesa.settings.local")
application = get_wsgi_application()
