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
    # areas
    "area.founded": _("设立区划"),
    "area.groups_added": _("增加村民小组"),
    "area.renamed": _("区划更名"),
    "area.recoded": _("变更区划代码"),
    "area.moved": _("区划划转"),
    "area.merged": _("区划合并"),
    "area.split": _("区划拆分"),
    "area.figures_reported": _("填报村情指标"),
    "area.standards_answered": _("填报村级标准"),
    "areas.imported": _("导入区划名录"),
    # the registry
    "registry.household_saved": _("修改户档"),
    "registry.member_saved": _("修改成员"),
    "registry.member_left": _("成员离户"),
    "registry.income_recorded": _("登记年度收入"),
    "registry.work_saved": _("登记务工记录"),
    "registry.household_split": _("分户"),
    "registry.households_merged": _("并户"),
    "registry.paper_attached": _("上传材料"),
    "registry.paper_removed": _("移除材料"),
    "registry.revealed": _("查看完整个人信息"),
    "registry.exported": _("导出户档名单"),
    "registry.batch_started": _("上传导入文件"),
    "registry.batch_confirmed": _("确认导入"),
    "registry.batch_discarded": _("放弃导入"),
    "registry.batch_interrupted": _("导入中断"),
    "registry.batch_taken": _("导入入库"),
    "registry.batch_undone": _("撤销导入批次"),
    "registry.taken_over": _("接管旧系统数据"),
    "registry.areas_followed": _("户档随区划调整"),
    "registry.form": _("页面填报"),
    "registry.import": _("批量导入"),
    "registry.event": _("成员变动"),
    "registry.split": _("分户"),
    "registry.merge": _("并户"),
    "registry.paper": _("材料"),
    "registry.undo": _("撤销导入批次"),
    "registry.areas": _("户档随区划调整"),
    "registry.sample": _("载入样县"),
    # figures and rules of a place
    "rules.drafted": _("起草本地标准或规则"),
    "rules.submitted": _("提交审批"),
    "rules.withdrawn": _("撤回草案"),
    "rules.approved": _("批准本地标准或规则"),
    "rules.returned": _("退回草案"),
    "rules.exported": _("导出本地标准与规则"),
    # snapshots
    "snapshot.taken": _("取快照"),
    # the house
    "house.backup": _("备份"),
    "house.restored": _("从备份恢复"),
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
    "snapshot": _("快照"),
    "house": _("整个系统"),
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
    "before": _("原为"),
    "after": _("改为"),
    "code": _("代码"),
    "names": _("名称"),
    "on": _("日期"),
    "document": _("批准文件"),
    "merged": _("并入的区划"),
    "into": _("拆成的区划"),
    "source": _("来源"),
    "changed": _("改动"),
    "added": _("新增"),
    "unchanged": _("未变"),
    "refused": _("未通过"),
    "removed": _("移除"),
    "restored": _("复原"),
    "checklist": _("清单"),
    "file": _("文件"),
    "change": _("变更编号"),
    "paper": _("材料编号"),
    "takeover": _("接管旧系统数据"),
    "count": _("条数"),
    "columns": _("栏目"),
    "full": _("含完整个人信息"),
    "format": _("格式"),
    "sha256": _("文件校验值"),
    "tables": _("表数"),
    "papers": _("材料数"),
    "household": _("户"),
    "member": _("成员"),
    "dwelling": _("居住条件"),
    "work_record": _("务工记录"),
    "income_year": _("年度收入"),
    "income_item": _("收支明细"),
    "id_no": _("证件号码"),
    "phone": _("电话"),
    "bank_account": _("银行账号"),
    "unit": _("单位"),
    "first": _("从"),
    "last": _("到"),
    "person": _("人员"),
    "action": _("事项"),
    "subject_type": _("对象"),
    "subject_id": _("对象编号"),
}


def action_label(action: str) -> str:
    return str(ACTIONS.get(action, action))


def subject_label(subject_type: str) -> str:
    return str(SUBJECTS.get(subject_type, subject_type))


def detail_label(key: str) -> str:
    return str(DETAILS.get(key, key))
