"""Maps for the pages that draw them: the outline of each as JSON."""

import gzip
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation

from tremble.web.outlines import Outlines
from tremble.web.problems import Asked

OutlinesDependency = NamedDependency[SkipValidation[Outlines]]
#: The name of a map, and .json.
File = Annotated[str, Parameter(pattern="^[a-z0-9_-]{1,32}[.]json$", description="`arena_01.json`")]
#: A map changes seldom, and pages ask again by its tag.
CACHED = "max-age=60"


@get("/maps/{file:str}", include_in_schema=False)
async def map_outline(request: Asked, outlines: OutlinesDependency, file: File) -> Response[bytes]:
    """The floors, walls and places of a map as seen from above; see sim/outline.py."""
    data = await outlines.get(file.removesuffix(".json"))
    found = {"cache-control": CACHED, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        data = gzip.compress(data, 6, mtime=0)
        found["content-encoding"] = "gzip"
    return Response(data, headers=found, media_type="application/json")


HANDLERS: list[Any] = [map_outline]
