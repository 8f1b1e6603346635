"""Settings: one file, every value from the environment, wrong values refused at start.

The default is the embedded set-up: SQLite in `var/`, one process, channel layer in memory.
README.md lists every variable; tests/rules/test_configuration.py keeps that list complete.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from reviewapp.lib.env import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()  # NAME or, for secrets in files, NAME_FILE

DATA_DIR = Path(env.str("REVIEWAPP_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # the key, and on SQLite everything


def stored_secret_key() -> str:
    """Return the key kept in the data folder, made at the first start."""
    path = DATA_DIR / "secret_key"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    key = path.read_text(encoding="ascii").strip()
    if len(key) < 50:
        raise ImproperlyConfigured(f"{path} holds no usable key: delete it, or set SECRET_KEY.")
    return key


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or stored_secret_key()

# Where the world reaches us; used for links that leave the browser and for allowed hosts.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "channels",
    "django_htmx",
    "reviewapp",
    "accounts",
    "traces",
    "labeling",
    "chat",
    "quality",
    "mlflow_bridge",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reviewapp.programs.ProgramsMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads at random, so that no secret can be told from lengths
    "csp.middleware.CSPMiddleware",
    "traces.feedback.guarding.PublishableKeysOnlyAdd",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reviewapp.middleware.HtmxSignInMiddleware",
    "reviewapp.middleware.WrongMethodMiddleware",
    "reviewapp.middleware.DataErrorMiddleware",
]

PROGRAM_MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "traces.feedback.guarding.PublishableKeysOnlyAdd",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "reviewapp.middleware.DataErrorMiddleware",
]

ROOT_URLCONF = "reviewapp.urls"
ASGI_APPLICATION = "reviewapp.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
    {  # conversations and items: see traces/reading/drawing.py and labeling/drawing.py
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "jinja"],
        "OPTIONS": {"environment": "labeling.drawing.environment"},
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'reviewapp.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,  # seconds a writer waits for another
        "transaction_mode": "IMMEDIATE",  # take the write lock at BEGIN: no deadlock by upgrade
        # Spans are of about 2 KB, of which the usual page of 4 KB holds one. This counts for a file that is made anew.
        "init_command": "PRAGMA page_size=8192;"
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "PRAGMA wal_autocheckpoint=4000;"  # pages, 32 MB: a stream of traces rewrites the same pages again and again
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = 600  # seconds; see reviewapp/handler.py
else:
    # Sockets and background work come in threads that change, so connections are shared by a pool.
    DATABASES["default"]["OPTIONS"] = {
        "pool": {"min_size": 2, "max_size": env.int("DATABASE_POOL_SIZE", default=20)},
        "options": "-c jit=off",  # compiling a search takes longer than all of our searches
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
# Sockets wait for news by commands that Redis answers after 5 s at the latest; the client would give up after 5 s too,
# and take the socket with it.
REDIS_TIMEOUT_S = 30
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": REDIS_TIMEOUT_S}]},
        }
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}
    )
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.PasswordBackend",
    "accounts.backends.LinkBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
# The cache is this process's own only where there is no other process; with more of them it is Redis.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30  # seconds
SESSION_COOKIE_SAMESITE = "Lax"

# Sign-in links: good for one use and for this many seconds.
SESAME_ONE_TIME = True
SESAME_MAX_AGE = env.int("SIGN_IN_LINK_MAX_AGE_S", default=60 * 60 * 24 * 3)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "reviewapp.formats"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 0  # seconds, for the few names without a hash
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # half the work at the first start

# Traces are hostile: nothing runs, loads or posts that is not ours.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Trace intake. `INGEST_WITHOUT_TOKEN` is for a server that only this machine can reach.
INGEST_WITHOUT_TOKEN = env.bool("INGEST_WITHOUT_TOKEN", default=False)
INGEST_MAX_BYTES = env.int("INGEST_MAX_BYTES", default=64 * 1024 * 1024)  # of one body, unpacked
INGEST_CONCURRENCY = env.int("INGEST_CONCURRENCY", default=4)  # requests of one process that store at the same time
INGEST_BYTES_IN_FLIGHT = env.int("INGEST_BYTES_IN_FLIGHT", default=128 * 1024 * 1024)  # of bodies in one process
INGEST_LOCK_WAIT_S = env.int("INGEST_LOCK_WAIT_S", default=2)  # for a turn, then for the database
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # bytes of a form
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Networks and host names that endpoints and MLflow servers may be at although they are private
ENDPOINT_PRIVATE_ADDRESSES = env.list("ENDPOINT_PRIVATE_ADDRESSES", default=[])

# What a connection to an MLflow server signs in with where its page says nothing, named as for MLflow's own client.
# Each secret goes only to the server that is named beside it.
MLFLOW_TRACKING_URI = env.str("MLFLOW_TRACKING_URI", default="")
MLFLOW_TRACKING_USERNAME = env.str("MLFLOW_TRACKING_USERNAME", default="")
MLFLOW_TRACKING_PASSWORD = env.str("MLFLOW_TRACKING_PASSWORD", default="")
MLFLOW_TRACKING_TOKEN = env.str("MLFLOW_TRACKING_TOKEN", default="")
DATABRICKS_HOST = env.str("DATABRICKS_HOST", default="")
DATABRICKS_TOKEN = env.str("DATABRICKS_TOKEN", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
