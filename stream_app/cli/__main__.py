"""`python -m stream_app.cli`: the same as `churn`."""

from stream_app.cli.main import main

main()
