"""The composition root: the only place that knows which concrete class stands behind a port.

`deployment` reaches what runs outside, `engine` puts models and folds together, `worker` makes a worker of all of
it, `app` the Faust app that runs one.
"""
