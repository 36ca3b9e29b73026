"""What a member of the bank's staff may be: the roles a console token carries."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from ditan.model import Text


class Role(StrEnum):
    """A role of the console. One person may have several, and still never decides what she made herself."""

    OPERATOR = "operator"
    APPROVER = "approver"
    SERVICE = "service"
    RISK = "risk"
    AUDITOR = "auditor"
    ADMIN = "admin"


class RoleMeaning(NamedTuple):
    """What a role is called and what it is for."""

    name: Text
    about: Text


ROLES: Final[dict[Role, RoleMeaning]] = {
    Role.OPERATOR: RoleMeaning(
        Text(zh="经办", en="Operator"),
        Text(zh="运营：提出变更，不能批准", en="Runs the programme: proposes changes, approves none"),
    ),
    Role.APPROVER: RoleMeaning(
        Text(zh="复核", en="Approver"),
        Text(zh="批准或退回他人提出的变更，不能提出", en="Decides what others propose, proposes nothing"),
    ),
    Role.SERVICE: RoleMeaning(
        Text(zh="客服", en="Customer service"),
        Text(zh="一次看一位客户，须写明理由并留痕", en="Looks at one customer at a time, with a reason that is kept"),
    ),
    Role.RISK: RoleMeaning(
        Text(zh="风险", en="Risk"), Text(zh="看异常，决定暂停或放行", en="Looks at what is odd, holds or releases it")
    ),
    Role.AUDITOR: RoleMeaning(
        Text(zh="审计", en="Auditor"), Text(zh="看得到一切，改不了任何东西", en="Reads everything, changes nothing")
    ),
    Role.ADMIN: RoleMeaning(
        Text(zh="管理", en="Administrator"),
        Text(zh="看运行与日志，不经手克数与能量", en="Looks after the system and its logs, moves no gram and no point"),
    ),
}

assert set(ROLES) == set(Role), "every role has a meaning"
