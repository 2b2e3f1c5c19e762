"""`python -m cli`: the same as `churn`."""

from cli.main import main

main()
