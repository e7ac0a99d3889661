"""The API under /v1/me/friends: whom one wants to see on the boards."""

from typing import Any

from litestar import delete, get, put
from msgspec import Struct

from tremble.store import friends
from tremble.store.friends import MAX_FRIENDS, Friend
from tremble.web.api import PlayerId, StoreDependency
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import now, reading, signed_in, writing, writing_as


class FriendList(Struct, frozen=True):
    """One's friends, the first one added first."""

    friends: list[Friend]


REFUSALS = {
    "unknown_player": (404, "this player was never seen"),
    "own_friend": (409, "nobody is their own friend here"),
    "too_many_friends": (409, f"there are {MAX_FRIENDS} already: remove some first"),
}


@get("/v1/me/friends", tags=["accounts"], operation_id="ListFriends")
async def list_friends(request: Asked, store: StoreDependency) -> FriendList:
    """One's friends. Needs an access token."""
    who = await signed_in(request, store)
    return FriendList(await reading(store, friends.every, who.account.player_id))


@put(
    "/v1/me/friends/{player_id:str}",
    status_code=204,
    tags=["accounts"],
    operation_id="AddFriend",
)
async def add_friend(request: Asked, store: StoreDependency, player_id: PlayerId) -> None:
    """Add a friend; nothing changes if that is one already. Needs an access token."""
    who = await signed_in(request, store)
    own = who.account.player_id
    code = await writing_as(own, store, friends.add, own, player_id, now())
    if code is not None:
        status, detail = REFUSALS[code]
        raise Problem(status, code, detail)


@delete(
    "/v1/me/friends/{player_id:str}",
    status_code=204,
    tags=["accounts"],
    operation_id="RemoveFriend",
)
async def remove_friend(request: Asked, store: StoreDependency, player_id: PlayerId) -> None:
    """Remove a friend; nothing changes if that was none. Needs an access token."""
    who = await signed_in(request, store)
    await writing(store, friends.remove, who.account.player_id, player_id)


HANDLERS: list[Any] = [list_friends, add_friend, remove_friend]
