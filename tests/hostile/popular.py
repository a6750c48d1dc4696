"""Projects that many depend on, whose newest wheels must all be taken. (Pure table.)

The most downloaded of the package index in November 2026, and those of ``bench/verdicts.py``; without what weighs more
than 150 MB, as PyTorch does, and what is not published for Linux.
"""

from __future__ import annotations

from typing import Final

PROJECTS: Final = tuple(
    """
aiobotocore aiofiles aiohappyeyeballs aiohttp aioitertools aiosignal alembic annotated-doc annotated-types anthropic
anyio argon2-cffi asgiref asn1crypto asttokens async-timeout asyncpg attrs authlib av azure-core azure-identity
azure-storage-blob babel backoff bcrypt beautifulsoup4 black blinker blosc2 boto3 botocore brotli build cachecontrol
cachetools certifi cffi cfgv chardet charset-normalizer clarabel click cloudpickle colorama confluent-kafka contourpy
coverage cramjam cryptography curl-cffi cycler cython databricks-sdk databricks-sql-connector datasets dbt-adapters
dbt-core ddtrace debugpy decorator defusedxml deprecated dill distlib distro dnspython docker docstring-parser
docutils duckdb dulwich durationpy editables email-validator et-xmlfile exceptiongroup execnet executing faiss-cpu
fastapi fastavro fastjsonschema filelock fiona flask fonttools frozenlist fsspec gcsfs gevent gitdb gitpython
google-analytics-admin google-api-core google-api-python-client google-auth google-auth-httplib2 google-auth-oauthlib
google-cloud-aiplatform google-cloud-batch google-cloud-bigquery google-cloud-compute google-cloud-core
google-cloud-dlp google-cloud-kms google-cloud-pubsub google-cloud-secret-manager google-cloud-speech
google-cloud-storage google-cloud-tasks google-cloud-texttospeech google-crc32c google-genai google-resumable-media
googleapis-common-protos greenlet grpc-google-iam-v1 grpcio grpcio-status grpcio-tools gunicorn h11 h2 h5py hatchling
hf-xet highspy hiredis hpack httpcore httplib2 httptools httpx httpx-sse huggingface-hub hyperframe identify idna
imageio-ffmpeg importlib-metadata importlib-resources iniconfig ipython isodate isort itsdangerous jaraco-classes
jaraco-context jaraco-functools jedi jeepney jinja2 jiter jmespath joblib joserfc jsonpatch jsonpointer jsonschema
jsonschema-specifications keyring kiwisolver kubernetes langchain langchain-core langsmith levenshtein librt lief
lightgbm litellm llama-cloud-services llama-parse llvmlite lxml lz4 mako markdown markdown-it-py markupsafe
marshmallow matplotlib matplotlib-inline mcp mdit-py-plugins mdurl mmh3 more-itertools mpmath msal msal-extensions
msgpack multidict multiprocess mypy mypy-extensions mysqlclient nest-asyncio netcdf4 networkx newrelic nh3 nodeenv
numba numpy oauthlib onnxruntime openai opencv-python opencv-python-headless openpyxl opentelemetry-api
opentelemetry-exporter-otlp opentelemetry-exporter-otlp-proto-common opentelemetry-exporter-otlp-proto-grpc
opentelemetry-exporter-otlp-proto-http opentelemetry-instrumentation opentelemetry-instrumentation-requests
opentelemetry-proto opentelemetry-sdk opentelemetry-semantic-conventions opentelemetry-util-http oracledb orjson
ortools packaging pandas pandas-stubs paramiko parso pathspec pexpect pikepdf pillow pip platformdirs pluggy
poetry-core polars pre-commit prometheus-client prompt-toolkit propcache proto-plus protobuf psutil psycopg-binary
psycopg2-binary ptyprocess pure-eval pyarrow pyasn1 pyasn1-modules pybase64 pycparser pycryptodome pydantic
pydantic-ai-slim pydantic-core pydantic-graph pydantic-settings pyee pygments pyjwt pymongo pymssql pymupdf pymysql
pynacl pyodbc pyopenssl pyparsing pypdfium2 pyproj pyproject-hooks pytest pytest-asyncio pytest-cov pytest-json-ctrf
pytest-mock pytest-xdist python-dateutil python-discovery python-dotenv python-json-logger python-multipart pytz
pyyaml pyzmq rapidfuzz rasterio redis referencing regex requests requests-oauthlib requests-toolbelt rich rich-toolkit
rpds-py rsa ruamel-yaml ruamel-yaml-clib ruff s3fs s3transfer safetensors scikit-learn scipy secretstorage selectolax
sentencepiece sentry-sdk setproctitle setuptools setuptools-scm shapely shellingham six slack-sdk smmap sniffio
snowflake-connector-python sortedcontainers soundfile soupsieve sqlalchemy sqlparse sse-starlette stack-data starlette
statsmodels structlog sympy tables tabulate tenacity termcolor textual threadpoolctl tiktoken tinycss2 tokenizers toml
tomli tomlkit tornado tqdm traitlets transformers tree-sitter trove-classifiers typer types-requests typing-extensions
typing-inspect typing-inspection tzdata tzlocal ujson uritemplate urllib3 uv uvicorn uvloop vcs-versioning virtualenv
watchdog watchfiles wcwidth weaviate-client webencodings websocket-client websockets werkzeug wheel wrapt xgboost
xmltodict xxhash yarl zipp zstandard
""".split()
)
"""Their normalised names."""
