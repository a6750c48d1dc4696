"""Three hundred projects whose newest wheels are small and pure: for measuring how it grows. (Pure table.)"""

from __future__ import annotations

from typing import Final

PROJECTS: Final = """
boto3 packaging urllib3 certifi idna requests typing-extensions charset-normalizer aiobotocore python-dateutil
six click pluggy pycparser grpcio-status anyio s3transfer attrs protobuf h11 annotated-types iniconfig fsspec
httpx httpcore typing-inspection s3fs platformdirs python-dotenv pathspec pyjwt jinja2 rich jmespath
markdown-it-py aiohttp filelock importlib-metadata yarl starlette multidict jsonschema zipp uvicorn propcache
wheel mdurl pyasn1 google-auth googleapis-common-protos frozenlist fastapi tqdm annotated-doc aiosignal
referencing jsonschema-specifications trove-classifiers tzdata google-api-core aiohappyeyeballs colorama
pyasn1-modules typer opentelemetry-sdk tenacity wrapt requests-oauthlib opentelemetry-api websockets
opentelemetry-semantic-conventions python-multipart sniffio pydantic-settings pyparsing shellingham tomli
beautifulsoup4 oauthlib soupsieve cachetools exceptiongroup hatchling opentelemetry-proto more-itertools
requests-toolbelt rsa tomlkit proto-plus distro mcp websocket-client mypy-extensions
opentelemetry-exporter-otlp-proto-http langchain openpyxl et-xmlfile sse-starlette wcwidth editables coverage
dnspython werkzeug google-cloud-storage gitpython pyopenssl ptyprocess decorator python-discovery
opentelemetry-exporter-otlp-proto-grpc opentelemetry-exporter-otlp-proto-common smmap pexpect
opentelemetry-instrumentation docker sortedcontainers keyring docstring-parser tabulate gitdb isodate
async-timeout httpx-sse prompt-toolkit jaraco-classes azure-core secretstorage jeepney azure-identity
itsdangerous flask google-cloud-core jaraco-functools jaraco-context dill joblib pytest-cov pytest-asyncio
alembic email-validator deprecated msal google-resumable-media ruamel-yaml defusedxml threadpoolctl blinker
pytest-json-ctrf mako cycler tzlocal toml jsonpointer nodeenv databricks-sql-connector pydantic-graph
pyproject-hooks uritemplate opentelemetry-exporter-otlp prometheus-client google-auth-oauthlib asn1crypto
google-auth-httplib2 google-cloud-bigquery build traitlets opentelemetry-instrumentation-requests
opentelemetry-util-http google-cloud-secret-manager paramiko httplib2 types-requests identify pre-commit cfgv
aiofiles google-cloud-batch parso backoff executing h2 marshmallow hyperframe fastjsonschema hpack
matplotlib-inline sqlparse durationpy msal-extensions jsonpatch asttokens setuptools-scm google-analytics-admin
gunicorn cloudpickle authlib grpc-google-iam-v1 pure-eval stack-data black google-cloud-kms pytest-xdist asgiref
gcsfs xmltodict webencodings nest-asyncio execnet termcolor python-json-logger pyee pandas-stubs py4j markdown
google-cloud-dlp cachecontrol importlib-resources joserfc google-cloud-speech vcs-versioning google-cloud-pubsub
google-cloud-texttospeech typing-inspect llama-parse dbt-adapters llama-cloud-services aioitertools rich-toolkit
isort structlog tinycss2 pytest-mock slack-sdk mdit-py-plugins pymysql google-cloud-tasks jupyter-core
jsonschema-path google-cloud-monitoring flatbuffers msrest pkginfo grpcio-health-checking cyclopts
google-cloud-logging mccabe jupyter-client pyperclip dataclasses-json awswrangler linkify-it-py semver
xlsxwriter dbt-common deepdiff invoke loguru ipykernel uc-micro-py psycopg pytokens pathable python-slugify comm
rfc3339-validator poetry text-unidecode arrow sqlalchemy-bigquery google-cloud-language pycodestyle
google-cloud-videointelligence snowflake-sqlalchemy cattrs rich-rst google-cloud-workflows jsonref
google-cloud-redis google-cloud-dataform google-cloud-os-login crashtest backports-tarfile mistune types-pyyaml
types-protobuf deprecation pendulum lark croniter argcomplete poetry-plugin-export requests-file tomli-w
typeguard jsonpath-ng cleo nbformat langchain-openai datadog opentelemetry-instrumentation-threading
""".split()
"""The most downloaded of them first."""
