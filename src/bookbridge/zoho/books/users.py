"""Users of an organization (FACTS 5.11)."""

from bookbridge.zoho.protocol import Request
from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Resource


class User(Record, frozen=True, kw_only=True):
    """A person who can work in the organization."""

    user_id: str
    name: str = ""
    email: str = ""
    user_role: str = ""
    role_id: str = ""
    status: str = ""
    is_current_user: bool = False


class Users(Resource[User]):
    """The users of an organization."""

    PATH, ONE, MANY, ID = "/users", "user", "users", "user_id"
    KIND = User

    def me(self) -> User:
        """The user this grant belongs to."""
        return self.read(self._send(Request(method="GET", path="/users/me")))
