"""Django's settings, made from the checked environment. Nothing else reads the environment."""

from __future__ import annotations

from pathlib import Path

from django.utils.csp import CSP

from interlock.config.environment import SETTINGS, read_environment, stream_port, stream_sources
from interlock.config.sign_on import single_sign_on

ENVIRONMENT = read_environment()
HOME: Path = ENVIRONMENT["INTERLOCK_HOME"]
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = ENVIRONMENT["INTERLOCK_SECRET_KEY"]
DEBUG = ENVIRONMENT["INTERLOCK_DEBUG"]
ALLOWED_HOSTS = [
    *ENVIRONMENT["INTERLOCK_ALLOWED_HOSTS"],
    "localhost",
    "127.0.0.1",
    "[::1]",
    ENVIRONMENT["INTERLOCK_HOST"],
]
if "0.0.0.0" in ALLOWED_HOSTS:  # noqa: S104 - a listening address is no name anybody asks for
    ALLOWED_HOSTS.remove("0.0.0.0")  # noqa: S104

INSTALLED_APPS = [
    "interlock.web",
    "interlock.fabric",
    "interlock.listen",
    "interlock.converse",
    "interlock.reconnect",
    "interlock.api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "interlock.web.errors.BadData",
]

ROOT_URLCONF = "interlock.config.urls"
WSGI_APPLICATION = "interlock.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "interlock.web.navigation.navigation",
            ],
        },
    }
]

DATABASES = {
    "default": ENVIRONMENT["DATABASE_URL"]
    or {
        "ENGINE": "interlock.config.sqlite",
        "NAME": HOME / "interlock.sqlite3",
        "OPTIONS": {
            # Writers queue at BEGIN instead of failing half way; FULL because NORMAL loses
            # acknowledged commits when the power fails.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
            "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; "
            # What is deleted is overwritten, or the words of somebody who was erased would stay in the file.
            "PRAGMA secure_delete=ON;",
        },
    }
}
DATABASES["default"]["CONN_MAX_AGE"] = 600
# In each web process for itself. Counters of failed sign-ins stand apart from what visitors can fill at will.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    # Pages of visitors: 1,000 of them are some 20 MB.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 1_000},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "fabric.User"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
# What listen has done after every import, by path: rooms above it, which it must not import, and what can wait.
AFTER_IMPORT_TASKS = [
    "interlock.listen.tasks.open_import_clocks",
    "interlock.listen.understanding_tasks.read_new",
    "interlock.reconnect.tasks.detect",
    "interlock.listen.tasks.learn_themes",
    # Else the whole loop says for up to an hour that nothing found a theme.
    "interlock.converse.loop.counting.count_loops",
    "interlock.listen.tasks.count_segments",
    "interlock.listen.tasks.find_shifts",
    "interlock.listen.tasks.find_theme_drivers",
    "interlock.reconnect.tasks.cite_themes",
    "interlock.listen.tasks.clear_old_versions",
]

# What repeats, by path, and after how many seconds; workers ask for it (fabric/work/repeating.py).
REPEATED_TASKS = {
    "interlock.api.tasks.forget_old": 3600,
    # News for chats wait no longer than this; one query where there is none.
    "interlock.converse.chats.telling.tell_waiting": 15,
    "interlock.converse.community.entering.forget_old_codes": 3600,
    # It is asked for with every contribution; this finds what a fault left behind.
    "interlock.converse.community.signals.hear": 300,
    # It is asked for whenever somebody decides, is told or answers; this follows what customers say anew.
    "interlock.converse.loop.counting.count_loops": 3600,
    "interlock.converse.loop.monthly.plan_letters": 3600,
    "interlock.fabric.tasks.clear_finished_work": 3600,
    "interlock.fabric.tasks.clear_old_events": 3600,
    "interlock.fabric.tasks.clear_old_sessions": 3600,
    "interlock.converse.tasks.forget_loose_pictures": 86400,
    "interlock.converse.bringing.asking.forget_files": 86400,
    # A day ends once in 24 hours, but who was away is told within the hour.
    "interlock.converse.tasks.pass_days": 3600,
    "interlock.converse.tasks.plan_notices": 300,
    # It is asked for with every mail that comes; this finds what a fault left behind.
    "interlock.converse.by_mail.taking.take_waiting": 600,
    "interlock.converse.by_mail.taking.forget_old": 86400,
    "interlock.listen.asking_tasks.ask_due": 15,
    "interlock.listen.asking_tasks.forget_trials": 600,
    "interlock.listen.tasks.flush_inbox": 300,
    "interlock.listen.tasks.learn_themes": 86400,
    "interlock.listen.tasks.count_themes": 60,
    "interlock.listen.tasks.count_segments": 3600,
    "interlock.listen.tasks.find_shifts": 3600,
    "interlock.listen.tasks.find_theme_drivers": 3600,
    # It is asked for with every signal; this finds what a fault left behind.
    "interlock.listen.settling.settle_inbox": 60,
    "interlock.listen.tasks.empty_old_payloads": 86400,
    "interlock.listen.tasks.escalate_overdue": 60,
    "interlock.listen.tasks.watch_outcries": 60,
    "interlock.listen.tasks.close_silent_signals": 3600,
    "interlock.listen.answers.going_out.send_due": 30,
    "interlock.listen.understanding_tasks.read_new": 60,
    "interlock.listen.understanding_tasks.learn": 86400,
}

# Sign-in: one long password or a passkey, an e-mail as the name. NIST SP 800-63B-4 asks for 15 characters
# where a password stands alone, a block list, and no rules of composition.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "interlock.web.passwords.NotOnePartRepeated"},
]
ACCOUNT_ADAPTER = "interlock.web.sign_in.InvitedOnly"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "interlock.web.sign_in.AddPasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENVIRONMENT["INTERLOCK_HTTPS"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:today"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Mails go out by INTERLOCK_MAIL_URL alone; what a library would send holds secrets, and is not printed either.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT["INTERLOCK_HTTPS"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT["INTERLOCK_HTTPS"] else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "interlock.web.errors.csrf_failure"
# The event stream has a port of its own; behind a TLS proxy it is expected under /events of the same host.
STREAM_PORT = stream_port(ENVIRONMENT["INTERLOCK_STREAM_PORT"], ENVIRONMENT["INTERLOCK_PORT"])
STREAM_URL = ENVIRONMENT["INTERLOCK_STREAM_URL"] or ("/events" if ENVIRONMENT["INTERLOCK_HTTPS"] else "")
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF, *stream_sources(STREAM_URL, STREAM_PORT, ALLOWED_HOSTS)],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

LANGUAGE_CODE = ENVIRONMENT["INTERLOCK_LANGUAGE"]
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
TIME_ZONE = ENVIRONMENT["INTERLOCK_TIME_ZONE"]
USE_TZ = True
# Numbers that people read are grouped by `|count`; those in addresses and fields must not be: ?like=15,858 means nothing.
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATICFILES_DIRS: list[Path] = []
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": ENVIRONMENT["INTERLOCK_LOG"].upper()},
}

# Of this product
ENVIRONMENT_SETTINGS = SETTINGS
RECORDS_FOLDER = HOME / "records"
UPLOADS_FOLDER = HOME / "uploads"
MAPPINGS_FOLDER = HOME / "mappings"
RECORDS_ENGINE = ENVIRONMENT["INTERLOCK_ENGINE"]
DEFAULT_CURRENCY = ENVIRONMENT["INTERLOCK_CURRENCY"]
KEEP_DAYS = ENVIRONMENT["INTERLOCK_KEEP_DAYS"]
WATCH_FOLDERS = ENVIRONMENT["INTERLOCK_WATCH_FOLDERS"]
PRIVATE_HOSTS = ENVIRONMENT["INTERLOCK_PRIVATE_HOSTS"]
MAIL_SERVER = ENVIRONMENT["INTERLOCK_MAIL_URL"]
REPLY_ADDRESS = ENVIRONMENT["INTERLOCK_REPLY_ADDRESS"]
# What a mailbox brings that answers a mail of ours goes there, in the transaction that takes in the rest.
MAIL_ANSWERED_TO = "interlock.converse.by_mail.keeping.keep"
PAGES_URL = ENVIRONMENT["INTERLOCK_URL"] or "http://{INTERLOCK_HOST}:{INTERLOCK_PORT}".format(**ENVIRONMENT)
ENCODER = ENVIRONMENT["INTERLOCK_ENCODER"]
NAMES_URL = ENVIRONMENT["INTERLOCK_NAMES_URL"]
NAMES_MODEL = ENVIRONMENT["INTERLOCK_NAMES_MODEL"]
NAMES_KEY = ENVIRONMENT["INTERLOCK_NAMES_KEY"]
SSO = single_sign_on(ENVIRONMENT)
MEMORY_MB = ENVIRONMENT["INTERLOCK_MEMORY_MB"]
UPLOAD_MB = ENVIRONMENT["INTERLOCK_UPLOAD_MB"]
UNPACKED_MB = ENVIRONMENT["INTERLOCK_UNPACKED_MB"]
API_MB = ENVIRONMENT["INTERLOCK_API_MB"]
API_RATE = ENVIRONMENT["INTERLOCK_API_RATE"]
STRANGER_RATE = ENVIRONMENT["INTERLOCK_STRANGER_RATE"]
# Lower rooms do not know the higher ones: after a line in a conversation these tasks are queued.
AFTER_REPLY_TASKS = ["interlock.reconnect.tasks.follow_conversation"]
