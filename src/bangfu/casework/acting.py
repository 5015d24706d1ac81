"""Who may open a case, and who may act at a step of a procedure: the one place that answers it, for moves, meetings,
postings and samples."""

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import rights
from bangfu.casework.procedures import Procedure, Step
from bangfu.common.errors import NotAllowed


def post_for(officer: Officer, step: Step, place: int) -> Post | None:
    """The post by which an officer may act at a step for a case at `place`: held today, of a role the step names, at
    an area of the level of the step that holds the place, with the right `cases.act`. None: no such post."""
    if not officer.is_active:
        return None
    return next(
        (
            post
            for post in officer.posts_on()
            if post.role_id in step.roles
            and post.area.level == step.level
            and post.area.reach.holds(place)
            and "cases.act" in post.rights
        ),
        None,
    )


def require_post(officer: Officer | None, step: Step, place: int) -> Post | None:
    """The post to act by; None for the house itself. Raises NotAllowed for an officer without one."""
    if officer is None:
        return None
    post = post_for(officer, step, place)
    if post is None:
        raise NotAllowed(right=rights()["cases.act"].label)
    return post


def opening_post(officer: Officer, procedure: Procedure, place: int) -> Post | None:
    """The post by which an officer may open a case of the procedure for a place: of a role that opens it, at an area of
    any level that holds the place, and with the right `cases.act`. None when there is no such post."""
    if not officer.is_active:
        return None
    return next(
        (
            post
            for post in officer.posts_on()
            if post.role_id in procedure.opening.roles and post.area.reach.holds(place) and "cases.act" in post.rights
        ),
        None,
    )
