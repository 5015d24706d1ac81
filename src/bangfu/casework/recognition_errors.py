"""What stands against an end of a case because of what the household is recognised as: CAS-301 to CAS-399."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class NotNow(BangfuError):
    """The effect does not follow from what the household is recognised as now."""

    code = "CAS-301"
    what = gettext_noop("{name}现在认定为“{recognised}”，不能办成“{effect}”。")
    next_step = gettext_noop("请核对户档页上的认定情况；程序选错的，撤回本案后按对应的程序办理。")


class TooSoonAfter(BangfuError):
    code = "CAS-302"
    what = gettext_noop("{name}{year}年才认定为“{recognised}”，{earliest}年以前不能脱贫退出。")
    next_step = gettext_noop("请先落实帮扶，{earliest}年起再看是否稳定达标；认定日期登记有误的，先按程序更正。")


class BeforeTheLast(BangfuError):
    code = "CAS-303"
    what = gettext_noop("{name}上一次认定自{last}起，这一次的日期{day}须在其后。")
    next_step = gettext_noop("请核对日期后再办理。")


class WatchedAlready(BangfuError):
    code = "CAS-304"
    what = gettext_noop("{name}已经是监测对象（{category}）。")
    next_step = gettext_noop("不必重复纳入；类别或风险有变化的，先消除原来的风险再重新识别。")


class NotWatched(BangfuError):
    code = "CAS-305"
    what = gettext_noop("{name}现在不是监测对象，没有可以消除的风险。")
    next_step = gettext_noop("请核对户档页上的认定情况后撤回本案。")


class ClassMissing(BangfuError):
    code = "CAS-306"
    what = gettext_noop("{name}没有填写监测对象类别。")
    next_step = gettext_noop("请退回入户核查环节，选定类别后再办理。")


class ClassUnfit(BangfuError):
    """An unstable household was once registered, a marginal one never."""

    code = "CAS-307"
    what = gettext_noop("{name}{past}，不能列为“{category}”。")
    next_step = gettext_noop(
        "曾建档立卡的列为脱贫不稳定户，从未建档立卡的列为边缘易致贫户，突发严重困难的两者都可以。请退回更正类别。"
    )


class RiskMissing(BangfuError):
    code = "CAS-308"
    what = gettext_noop("{name}没有填写返贫致贫风险。")
    next_step = gettext_noop("请退回入户核查环节，至少选定一项风险后再办理。")


class RiskUnexplained(BangfuError):
    code = "CAS-309"
    what = gettext_noop("{name}的风险“{risk}”还须填写{wanted}。")
    next_step = gettext_noop("请退回入户核查环节补填后再办理。")


class MergeUnknown(BangfuError):
    code = "CAS-310"
    what = gettext_noop("{name}要并入的户“{number}”不存在、已销户，或者就是本户。")
    next_step = gettext_noop("请退回，写明要保留的那一户的户编号。")


class WayMissing(BangfuError):
    code = "CAS-311"
    what = gettext_noop("{name}没有填写风险消除方式。")
    next_step = gettext_noop("请退回核实环节，选定帮扶消除或自然消除后再办理。")


class TakenOverUnknown(BangfuError):
    """A list of risks of older files names a household that is not watched."""

    code = "CAS-312"
    what = gettext_noop("风险名单第 {row} 行的户“{number}”不存在，或者不是监测对象。")
    next_step = gettext_noop("请核对户编号；先导入户档（接管），再导入风险名单。")


class TakenOverCodeWrong(BangfuError):
    code = "CAS-313"
    what = gettext_noop("风险名单第 {row} 行的“{value}”不是“{list}”中的内容。")
    next_step = gettext_noop("请按代码表改正后重新导入，其余各行也没有写入。")


class BatchHasCases(BangfuError):
    code = "CAS-314"
    what = gettext_noop("这一批导入带来的户已经有案件（{name}，{case_no}），不能整批撤销。")
    next_step = gettext_noop("请在户的页面上逐户更正，不再整批撤销。")


class WatchUnnumbered(BangfuError):
    code = "CAS-318"
    what = gettext_noop("没有填写户编号。")
    next_step = gettext_noop("请补填户编号后重新上传。")


class WatchNotFound(BangfuError):
    code = "CAS-319"
    what = gettext_noop("户编号 {number} 不是您辖区内现在的监测对象。")
    next_step = gettext_noop("请核对户编号；户档还没有导入的先导入，已经消除风险的从名单中删去。")


class WatchHeadDiffers(BangfuError):
    code = "CAS-320"
    what = gettext_noop("户编号 {number} 的户主在户档里是“{on_file}”，文件里写的是“{given}”。")
    next_step = gettext_noop("请核对是不是同一户；户主变更的，先在户档里更正。")


class WatchCodeWrong(BangfuError):
    code = "CAS-321"
    what = gettext_noop("“{value}”不是“{field}”中的内容。")
    next_step = gettext_noop("可以填：{choices}。")


class WatchNeeds(BangfuError):
    code = "CAS-322"
    what = gettext_noop("风险“{risk}”还须填写{wanted}。")
    next_step = gettext_noop("请补填后再提交。")


class WatchDayWrong(BangfuError):
    code = "CAS-323"
    what = gettext_noop("“{value}”看不出是哪一天，或者晚于今天。")
    next_step = gettext_noop("请写成 2016-04-05 或 2016年4月5日。")


class WatchSaysNothing(BangfuError):
    code = "CAS-324"
    what = gettext_noop("这一行既没有风险，也没有监测联系人。")
    next_step = gettext_noop("请补填其中至少一项，或者删去这一行。")


class WatchContactTwice(BangfuError):
    code = "CAS-325"
    what = gettext_noop("这一户的监测联系人与第 {other} 行写的不一样。")
    next_step = gettext_noop("一户只有一名监测联系人，请核实后只留一个。")


class WatchContactHalf(BangfuError):
    """A name without a phone, or a phone without a name."""

    code = "CAS-326"
    what = gettext_noop("监测联系人的姓名和电话只填了一项。")
    next_step = gettext_noop("请两项都填写。")


class WatchListOver(BangfuError):
    code = "CAS-327"
    what = gettext_noop("文件 {file} 现为“{state}”，不能再办理。")
    next_step = gettext_noop("请重新上传文件。")


class RiskOnFile(BangfuError):
    code = "CAS-328"
    what = gettext_noop("{name}已经登记了风险“{risk}”。")
    next_step = gettext_noop("不必重复登记。")


class WatchOver(BangfuError):
    code = "CAS-329"
    what = gettext_noop("{name}的风险已于 {day} 消除，不再登记风险和联系人。")
    next_step = gettext_noop("又有风险的，请重新识别。")
