"""`faust -A stream_app.faust_app worker`: Faust's own command wants an app in a module; it has the environment's
settings."""

from stream_app.bootstrap.app import worker_app
from stream_app.settings import Settings
from stream_app.worker.log_stream import LogStream

app = worker_app(Settings(), LogStream())
