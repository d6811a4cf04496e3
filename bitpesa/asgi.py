"""The live process: server-sent events and nothing else."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bitpesa.settings.local")
django.setup()

from frontend.stream import LiveStream  # noqa: E402

application = LiveStream()
