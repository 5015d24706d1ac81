"""What the trail calls each deed: the code that is stored, and the words in which it is read.

A code is never renamed: old entries keep it. A deed without words here is shown by its code, and
`tests/audit/test_actions.py` fails.
"""

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    # signing in
    "sign_in.done": _("登录"),
    "sign_in.failed": _("登录失败：密码不对"),
    "sign_in.locked": _("多次输错密码，账号锁定"),
    "sign_in.while_locked": _("锁定期间尝试登录"),
    "sign_in.code_right": _("动态口令通过"),
    "sign_in.code_wrong": _("动态口令不对"),
    "sign_in.out": _("退出登录"),
    # accounts and posts
    "officer.created": _("建立账号"),
    "officer.changed": _("修改人员资料"),
    "officer.closed": _("停用账号"),
    "officer.reopened": _("恢复账号"),
    "officer.unlocked": _("解除锁定"),
    "officer.language": _("更换语言"),
    "password.changed": _("修改自己的密码"),
    "password.reset": _("重设他人的密码"),
    "second_step.begun": _("启用动态口令"),
    "second_step.ended": _("取消动态口令"),
    "post.assigned": _("登记岗位"),
    "post.ended": _("结束任职"),
    # the trail itself
    "audit.exported": _("导出留痕"),
    "audit.checked": _("核对留痕是否完整"),
}

SUBJECTS = {
    "officer": _("人员"),
    "area": _("区划"),
    "household": _("户"),
    "member": _("成员"),
    "incomeyear": _("年度收入"),
    "workrecord": _("务工记录"),
    "paper": _("材料"),
    "importbatch": _("导入批次"),
    "change": _("变更"),
    "list": _("名单"),
    "trail": _("留痕"),
}

DETAILS = {
    "username": _("登录名"),
    "fields": _("改动的项目"),
    "field": _("项目"),
    "reason": _("原因"),
    "language": _("语言"),
    "role": _("岗位"),
    "area": _("区域"),
    "starts_on": _("任职日期"),
    "ends_on": _("离任日期"),
    "rows": _("行数"),
    "filters": _("筛选条件"),
    "whole": _("完整"),
    "broken_at": _("从第几条起不符"),
    "name": _("名称"),
    "file_name": _("文件名"),
    "households": _("户数"),
    "people": _("人数"),
    "year": _("年度"),
    "kind": _("类型"),
    "masked": _("已遮盖个人信息"),
}


def action_label(action: str) -> str:
    return str(ACTIONS.get(action, action))


def subject_label(subject_type: str) -> str:
    return str(SUBJECTS.get(subject_type, subject_type))


def detail_label(key: str) -> str:
    return str(DETAILS.get(key, key))
