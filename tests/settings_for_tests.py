"""The product's own settings in a home folder made for this run, with quick password hashes."""

import atexit
import os
import shutil
import tempfile

# Read at import by the settings, so it must be set first. Each worker of a parallel run gets its own.
os.environ["INTERLOCK_HOME"] = tempfile.mkdtemp(prefix="interlock-test-")
atexit.register(shutil.rmtree, os.environ["INTERLOCK_HOME"], ignore_errors=True)
os.environ["INTERLOCK_STREAM_PORT"] = "0"  # the tests that need a stream start one

from interlock.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405 - a test server's threads end without closing kept connections
