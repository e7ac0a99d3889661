"""The application as tests make it, again and again: its routes are put together once.

Litestar takes a fifth of a second for that, which is most of what a test of a page costs. What the
routes are given (the store, the limits, ...) is new each time.
"""

from pathlib import Path
from typing import Any
from unittest.mock import patch

from tremble.store.engine import Store
from tremble.web import app as module
from tremble.web.envelope import Application

#: By whether the store is behind a network, which decides how routes are called.
_kept: dict[bool, Application] = {}


def application(store: Store, directory: Path, **more: Any) -> Application:
    """Return create_app(*store*, *directory*, ...); the one returned before is of no more use.

    Not for one that other sites may ask: that is in the routes.
    """

    def furnished(**given: Any) -> Application:
        assert given["cors_config"] is None
        found = _kept.get(store.remote)
        if found is None:
            found = _kept[store.remote] = Application(**given)
        for name, provided in given["dependencies"].items():
            found.dependencies[name].dependency = provided.dependency
        found.state = given["state"]
        found.on_startup, found.on_shutdown = given["on_startup"], given["on_shutdown"]
        found._lifespan_managers = given["lifespan"]
        return found

    with patch.object(module, "Application", furnished):
        created = module.create_app(store, directory, **more)
    assert isinstance(created, Application)
    return created
