"""For `collectstatic` while an image is built: no environment, and the storage of production."""

from bitpesa.settings.test import *  # noqa: F403

from bitpesa.settings.base import STORAGES as STORAGES  # isort: skip
