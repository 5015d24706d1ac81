"""Settings of the whole house. Everything that differs between machines comes from the environment:

BANGFU_HOME   the folder of all data (default `var/` beside the program): database, papers, uploads, secret key
DATABASE_URL  e.g. postgresql://user@host/name; without it an SQLite file in BANGFU_HOME
BANGFU_HOSTS  names under which the site is reached, comma-separated (default: this machine only)
BANGFU_READER_URL, BANGFU_READER_MODEL, BANGFU_READER_KEY, BANGFU_READER_SECONDS
              a chat endpoint of the OpenAI kind that reads plan documents too; without the first two nothing is sent
BANGFU_HTTPS  "1" when the site is reached by https: cookies are then sent by https only
"""

import hashlib
import importlib.util
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

# Readings are asked for single characters: the dictionary of phrases would take 40 MB and a quarter of a second.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

ROOT = Path(__file__).resolve().parents[2]
POLICY = Path(os.environ.get("BANGFU_POLICY") or ROOT / "policy")
HOME = Path(os.environ.get("BANGFU_HOME") or ROOT / "var").resolve()
PACKAGE = Path(__file__).resolve().parent


def _carrier(package: str) -> Path:
    """The folder of a package that only carries files for us; found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"缺少组件 {package}：请用 python3 run.py 启动，它会按锁定文件安装。")
    return Path(spec.submodule_search_locations[0])


def _mark_of(folder: Path) -> str:
    """The mark of what lies in a folder: the same content has the same."""
    found = hashlib.sha256()
    for file in sorted(folder.rglob("*.js")):
        found.update(
            f"{file.relative_to(folder).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return found.hexdigest()[:16]


def _secret_key() -> str:
    """Made once per home and kept readable by the owner only; losing it signs everybody out, nothing worse."""
    if given := os.environ.get("BANGFU_SECRET_KEY"):
        return given
    file = HOME / "secret_key"
    if not file.exists():
        # Two that start together must agree on one key: each writes its own whole, the first to link it wins.
        HOME.mkdir(parents=True, exist_ok=True, mode=0o700)  # personal data will lie here
        own = HOME / f"secret_key.{os.getpid()}"
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(50))
        try:
            os.link(own, file)
            own.unlink()
        except OSError:
            own.unlink() if file.exists() else own.replace(file)
    return file.read_text().strip()


def _database() -> dict[str, Any]:
    if url := os.environ.get("DATABASE_URL"):
        return {**dj_database_url.parse(url, conn_max_age=600), "CONN_HEALTH_CHECKS": True}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HOME / "bangfu.sqlite3",
        "OPTIONS": {
            # Writers queue instead of failing: take the write lock at the start, wait for it up to 20 s.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; "
            "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;",
        },
    }


SECRET_KEY = _secret_key()
# Asked besides the rules what a plan document promises; off while no address or no model is set.
READER_ENDPOINT = {
    "address": os.environ.get("BANGFU_READER_URL", ""),
    "model": os.environ.get("BANGFU_READER_MODEL", ""),
    "key": os.environ.get("BANGFU_READER_KEY", ""),
    "seconds": float(os.environ.get("BANGFU_READER_SECONDS") or 60),
}
DEBUG = os.environ.get("BANGFU_DEBUG") == "1"
ALLOWED_HOSTS = [h for h in os.environ.get("BANGFU_HOSTS", "").split(",") if h] or ["127.0.0.1", "localhost", "[::1]"]
HTTPS = os.environ.get("BANGFU_HTTPS") == "1"
# Whether lists that hang on a board are also shown to anybody on the web, names with one character hidden.
PUBLIC_POSTINGS = os.environ.get("BANGFU_PUBLIC_POSTINGS", "1") == "1"
# Whether anybody may send an application by the public form of a village.
PUBLIC_APPLICATIONS = os.environ.get("BANGFU_PUBLIC_APPLICATIONS", "1") == "1"
CSRF_TRUSTED_ORIGINS = [f"https://{h}" for h in ALLOWED_HOSTS] if HTTPS else []

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "tablericons",
    "django_filters",
    "simple_history",
    "rules",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_tasks",
    "django_tasks_db",
    "bangfu.audit",
    "bangfu.areas",
    "bangfu.accounts",
    "bangfu.registry",
    "bangfu.visits",
    "bangfu.findings",
    "bangfu.casework",
    "bangfu.support",
    "bangfu.plans",
    "bangfu.policymaking",
    "bangfu.keeping",
    "bangfu.web",
]

MIDDLEWARE = [
    "bangfu.web.middleware.room_for_pages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bangfu.web.middleware.content_security_policy",
    "bangfu.web.visits.turns.phones_take_turns",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "bangfu.web.middleware.officer_language",
    "bangfu.web.middleware.gate",
    "bangfu.web.middleware.session_goes_on",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "bangfu.web.middleware.errors_in_words",
]

ROOT_URLCONF = "bangfu.web.urls"
WSGI_APPLICATION = "bangfu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "bangfu.web.templatetags.icons",
                "template_partials.templatetags.partials",
                "bangfu.web.templatetags.grouped",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "bangfu.web.context.house",
            ],
        },
    }
]
TABLERICONS_SIZE = 20
FORM_RENDERER = "bangfu.web.forms.TablerRenderer"

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Officer"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "bangfu.accounts.passwords.ThreeKindsOfCharacters"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

# Half an hour without a click ends a session (等保: session time-out); a click puts that off (`session_goes_on`), and
# writes it at most this often: a write with every page would cost more than many a page.
SESSION_COOKIE_AGE = 30 * 60
SESSION_WRITTEN_AFTER = 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Lock-out: five wrong passwords for one name from one address, for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "bangfu.web.accounts.views.locked_out"
AXES_RESET_ON_SUCCESS = True
# The quarter of an hour runs from the fifth wrong password, whatever is tried meanwhile: the page says when it ends.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "帮扶"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
# The scripts of the phone page name each other by relative addresses, so they are served as one set under its mark:
# a page that began with one version is never given a script of another.
FIELD_SCRIPT = PACKAGE / "web" / "field" / "script"
FIELD_CODE = f"field/{_mark_of(FIELD_SCRIPT)}"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS: list[Any] = [
    PACKAGE / "web" / "static",
    (FIELD_CODE, FIELD_SCRIPT),
    ("vendor/tabler", _carrier("jazzy_tabler") / "static" / "vendor" / "tabler"),
    ("vendor/echarts", _carrier("django_layuix") / "static" / "layui" / "js"),
    ("vendor/htmx", _carrier("django_htmx") / "static" / "django_htmx"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "uploads"}},
    "staticfiles": {"BACKEND": "bangfu.web.static_files.Storage"},
}
# An upload larger than 2 MB goes to a file at once, so that a 200 MB workbook never sits in memory.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
