"""The door for WSGI servers (waitress, gunicorn)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
application = get_wsgi_application()

# All that the start has made stays to the end. Kept apart, it is not looked through again and again for garbage: that
# took a tenth of a second in the middle of somebody's request.
gc.collect()
gc.freeze()
