"""One file, in headed sections. Every value that may differ between installations is read from the environment."""

import hashlib
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from dlstart_web.env import env_bool, env_folder, env_int, env_list, env_str, kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
RULES_VERSION = "v1"

# --- where things are -------------------------------------------------------------------------------------------------
DATA = Path(env_str("DLSTART_DATA", str(BASE_DIR / "var"))).resolve()
KEYS = Path(
    env_str("DLSTART_KEYS", str(DATA.parent / ".keys"))
).resolve()  # outside the data, and so outside its backup
STORE = DATA / "store"  # parts, matrices, models: what people of the team may have
VAULT = DATA / "vault"  # sealed labels and originals, encrypted
QUARANTINE = DATA / "quarantine"  # uploads that nobody has read yet
BROKER = DATA / "broker"
for folder in (DATA, KEYS, STORE, VAULT, QUARANTINE, BROKER):
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- security ---------------------------------------------------------------------------------------------------------
PRODUCTION = env_bool("DLSTART_PRODUCTION")
DEBUG = env_bool("DLSTART_DEBUG")
SECRET_KEY = env_str("DLSTART_SECRET_KEY")
VAULT_KEY = env_str("DLSTART_VAULT_KEY")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DLSTART_DEBUG is on in production; switch it off.")
if PRODUCTION and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5):
    raise ImproperlyConfigured(
        "DLSTART_SECRET_KEY is missing or too short in production; use 50 random characters or more."
    )
if PRODUCTION and not VAULT_KEY:
    raise ImproperlyConfigured(
        "DLSTART_VAULT_KEY is missing in production; keep it apart from the data and its backup."
    )
SECRET_KEY = SECRET_KEY or kept_secret(DATA / "secret_key")
VAULT_KEY = VAULT_KEY or kept_secret(KEYS / "vault_key")
AUDIT_KEY = hashlib.sha256(b"dlstart audit " + VAULT_KEY.encode()).digest()  # who writes to the database alone lacks it
AUDIT_MARK = KEYS / "audit_head"  # how far the log of acts had come; a restored backup does not set it back

PORT = env_int("PORT", 8000, minimum=1)
ALLOWED_HOSTS = env_list("DLSTART_HOSTS", "localhost,127.0.0.1,[::1]")
SITE_ADDRESS = env_str("DLSTART_ADDRESS", f"http://127.0.0.1:{PORT}")
CSRF_TRUSTED_ORIGINS = [SITE_ADDRESS]
HTTPS = SITE_ADDRESS.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("DLSTART_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "dlstart_web.kit.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # subdomains and preload are the organisation's to decide
# Plotly fills one empty style element; its hash stands in place of 'unsafe-inline'.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}

# --- apps -------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "heroicons",
    "dlstart_web.apps.DlstartConfig",
    "dlstart_web.kit.apps.KitConfig",
    "projects.apps.ProjectsConfig",
    "datasets.apps.DatasetsConfig",
    "evaluations.apps.EvaluationsConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "projects.middleware.LanguageMiddleware",
    "projects.middleware.TimeZoneMiddleware",
    "dlstart_web.kit.middleware.NoStoreMiddleware",
    "dlstart_web.kit.middleware.SignInMiddleware",
    "dlstart_web.kit.once.OnceAPageMiddleware",
]
ROOT_URLCONF = "dlstart_web.urls"
WSGI_APPLICATION = "dlstart_web.wsgi.application"
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
                "dlstart_web.kit.context.installation",
            ],
            "builtins": ["django.templatetags.i18n", "dlstart_web.kit.templatetags.kit"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- database ---------------------------------------------------------------------------------------------------------
DATABASE_URL = env_str("DATABASE_URL", f"sqlite:///{DATA / 'dlstart.sqlite3'}")
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction takes the write lock when it begins, so that read-then-write waits instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60  # to open SQLite, which reads all its tables' definitions, costs 2.5 ms CPU
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
OPEN_SIGNUP = env_bool("DLSTART_OPEN_SIGNUP")  # off: a second account is a second budget of looks
REVIEW_DAYS = env_int("DLSTART_REVIEW_DAYS", 10, minimum=1)  # until a review is due, where the handler names no day
DEMO_OPEN = env_bool("DLSTART_DEMO_OPEN", not PRODUCTION)  # visitors without an account may look at the demo
INVITATION_DAYS = env_int("DLSTART_INVITATION_DAYS", 7, minimum=1)
ORGANISATION = env_str("DLSTART_ORGANISATION", "Your organisation")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "evaluations:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "projects.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # invitations reach the address; open sign-up is the operator's warned choice
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "signup": "projects.forms.SignUpForm",
    "login": "dlstart_web.kit.account_forms.LoginForm",
    "reset_password": "dlstart_web.kit.account_forms.ResetPasswordForm",
    "reset_password_from_key": "dlstart_web.kit.account_forms.ResetPasswordKeyForm",
    "change_password": "dlstart_web.kit.account_forms.ChangePasswordForm",
    "add_email": "dlstart_web.kit.account_forms.AddEmailForm",
    "reauthenticate": "dlstart_web.kit.account_forms.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "dlstart_web.kit.account_forms.AuthenticateForm",
    "activate_totp": "dlstart_web.kit.account_forms.ActivateTOTPForm",
}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,20/15m/ip"}
# wrong passwords are counted in files, which all processes of pages read
CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA / "cache"}}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# --- mail -------------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = environ.Env.email_url_config(env_str("DLSTART_EMAIL_URL", f"filemail:///{DATA / 'mail'}"))
vars().update(EMAIL_CONFIG)
if EMAIL_CONFIG["EMAIL_BACKEND"].endswith("filebased.EmailBackend"):
    EMAIL_FILE_PATH = str(DATA / "mail")
DEFAULT_FROM_EMAIL = env_str("DLSTART_FROM", "dlstart@localhost")

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env_str("DLSTART_TIME_ZONE", "UTC")
USE_TZ = True
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "dlstart_web" / "locale"]
LANGUAGE_COOKIE_NAME = "language"

# --- static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns of a folder that is missing
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dlstart_web.kit.finders.PlotlyFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- uploads and the limits that a refusal names ----------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_HANDLERS = ["dlstart_web.kit.uploads.LimitedFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = str(QUARANTINE)
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # of two in one field the first would be lost without a word
LIMITS = {
    name: env_int(f"DLSTART_LIMIT_{name.upper()}", default, minimum=1)
    for name, default in {
        "upload": 2 * 2**30,
        "attachment": 10 * 2**20,
        "rows": 20_000_000,
        "columns": 10_000,
        "cell": 2**20,
        "line": 4 * 2**20,
        "label": 1024,
        "classes": 1000,
        "parquet_unpacked": 16 * 2**30,
        "zip_entries": 100_000,
        "zip_ratio": 100,
        "zip_levels": 8,
        "zip_unpacked": 8 * 2**30,
        "zip_entry": 256 * 2**20,
        "image_pixels": 50_000_000,
        "image_side": 16_384,
        "sound_seconds": 600,
    }.items()
}
UPLOADS_OPEN = env_int("DLSTART_UPLOADS_OPEN", 5, minimum=1)  # under way for one person
UPLOAD_HOURS = env_int("DLSTART_UPLOAD_HOURS", 24, minimum=1)  # an upload waits for its next piece
DISK_RESERVE = env_int("DLSTART_DISK_RESERVE", 2**30, minimum=0)  # bytes that uploads leave free
LOOK_GAP_DAYS = env_int("DLSTART_LOOK_GAP_DAYS", 7, minimum=7)
LOOK_TICK = env_int("DLSTART_LOOK_TICK", 60, minimum=1)  # seconds; the answer of a look is told on a whole one
LOOK_BITS = 48
FORECAST_BUDGET = env_int("DLSTART_FORECAST_BUDGET", 120, minimum=5)  # CPU seconds, beside the ladder's
LADDER_BUDGET = env_int("DLSTART_LADDER_BUDGET", 120, minimum=5)  # CPU seconds
BACKBONE = env_folder("DLSTART_BACKBONE")  # of a pretrained picture network as an ONNX file
SPREAD_BUDGET = env_int("DLSTART_SPREAD_BUDGET", 120, minimum=5)  # CPU seconds, beside the ladder's
TASKS_IN_PROCESS: frozenset[str] = frozenset()  # of datasets.limited, by name; all others run in a guarded child
INGEST_MEMORY = env_int(
    "DLSTART_INGEST_MEMORY", 6 * 2**30, minimum=2**30
)  # bytes of address space for reading one file
INGEST_SECONDS = env_int("DLSTART_INGEST_SECONDS", 3600, minimum=10)

# --- jobs: the database is the truth, the broker only rings the bell --------------------------------------------------
BROKER_URL = env_str("DLSTART_BROKER_URL", "filesystem://localhost")
JOB_BEAT = env_int("DLSTART_JOB_BEAT", 5, minimum=1)  # seconds between heartbeats
JOB_STALE = env_int("DLSTART_JOB_STALE", 45, minimum=2)  # seconds of silence after which a worker counts as lost
JOB_SWEEP = env_int("DLSTART_JOB_SWEEP", 10, minimum=1)  # seconds between two sweeps of the reaper
JOB_ATTEMPTS = env_int("DLSTART_JOB_ATTEMPTS", 3, minimum=1)
WORKER_NICE = env_int("DLSTART_WORKER_NICE", 10, minimum=0)  # by how much workers stand back behind the pages
CELERY = {
    "broker_url": BROKER_URL,
    "task_ignore_result": True,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_hijack_root_logger": False,
    "worker_enable_remote_control": False,  # nobody steers workers by broadcast; the job rows say all
    "broker_connection_retry_on_startup": True,
    "task_default_queue": "train",
    "task_publish_retry": False,
}
if BROKER_URL.startswith("filesystem"):
    (BROKER / "messages").mkdir(mode=0o700, exist_ok=True)
    (BROKER / "control").mkdir(mode=0o700, exist_ok=True)
    CELERY["broker_transport_options"] = {
        "data_folder_in": str(BROKER / "messages"),
        "data_folder_out": str(BROKER / "messages"),
        "control_folder": str(BROKER / "control"),
        "polling_interval": 0.05,
    }
else:
    CELERY["broker_transport_options"] = {
        "visibility_timeout": 4 * 3600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
    }

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dlstart_web.kit.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "dlstart_web.kit.api.Page",
    "EXCEPTION_HANDLER": "dlstart_web.kit.api.problem_response",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "dlstart",
    "DESCRIPTION": "Vet a deep-learning idea before you spend money on it.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "ProposalState": "projects.models.Proposal.State",
        "DecisionOutcome": "projects.models.Decision.Outcome",
        "ReviewState": "projects.models.Review.State",
        "VersionState": "datasets.models.DatasetVersion.State",
        "LookState": "datasets.models.Look.State",
        "JobState": "dlstart_web.kit.jobs.JobState",
    },
}
REST_KNOX = {"TOKEN_TTL": None, "AUTO_REFRESH": False}

# --- logs: ids, never rows or labels ----------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env_str("DLSTART_LOG_LEVEL", "INFO")},
}
