"""The door for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from dlstart_web.pace import SteadyBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlstart_web.settings")
application = SteadyBody(get_wsgi_application())
