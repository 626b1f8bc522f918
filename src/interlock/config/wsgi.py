"""The WSGI application that granian serves: pages and forms."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
application = get_wsgi_application()
