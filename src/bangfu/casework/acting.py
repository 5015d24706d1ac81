"""Who may open a case, and who may act at a step of a procedure: the one place that answers it, for moves, meetings,
postings and samples."""

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
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


def may_start(officer: Officer, procedure: Procedure, area: Area) -> bool:
    """Whether an officer may open many cases of the procedure in the whole of an area: by a post that opens its cases,
    with the right `cases.bulk`, at an area that holds all of it."""
    return officer.is_active and any(
        "cases.bulk" in post.rights
        and post.role_id in procedure.opening.roles
        and post.area.reach.first <= area.reach.first
        and area.reach.last <= post.area.reach.last
        for post in officer.posts_on()
    )
