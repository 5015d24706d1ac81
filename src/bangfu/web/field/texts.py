"""Every sentence of the phone page, by the name under which its scripts ask for it (`say("name", {facts})`).

They travel with the page, in the officer's language, since without a network nobody can be asked for a translation.
"""

from django.utils.translation import gettext_lazy as _

TEXTS = {
    # where things stand
    "title": _("手机走访"),
    "standing": _("发送情况"),
    "all_arrived": _("手机上没有待发送的走访，全部已送达。"),
    "still_on_phone": _("还在手机上、没有送达：走访 {waiting} 次，照片 {photos} 张。"),
    "count_drafts": _("正在填写 {draft} 次"),
    "count_arrived": _("近日已送达 {arrived} 次"),
    "sends_itself": _("都已存好，有网络就自动发送，不用守着。"),
    "send_now": _("现在发送"),
    "net_idle": _("已联网"),
    "net_sending": _("正在发送…"),
    "net_offline": _("没有网络，都存在手机上"),
    "net_signed-out": _("登录已结束"),
    "sign_in_to_send": _("登录后继续发送"),
    "clock_ahead": _(
        "这部手机的时钟快了约 {minutes} 分钟。请在手机设置中打开“自动确定时间”；走访时间由服务器按差值更正。"
    ),
    "clock_behind": _(
        "这部手机的时钟慢了约 {minutes} 分钟。请在手机设置中打开“自动确定时间”；走访时间由服务器按差值更正。"
    ),
    "not_secure": _(
        "现在用的是不加密的 http 网址：户的资料只在页面打开时可看，不存在手机上；关掉页面后没有网络就打不开；不能定位。"
        "填写的内容和照片仍加密存在手机上，登录后发送。请让管理员按 bangfu cert 的说明开通 https。"
    ),
    "on_phone": _("这部手机上的走访"),
    "more_arrived": _("另有 {more} 次也已送达。"),
    "state_draft": _("正在填写"),
    "state_waiting": _("待发送"),
    "state_photos": _("照片未发完"),
    "state_arrived": _("已送达"),
    "state_tray": _("已送达，待处理"),
    "state_trouble": _("没有发出"),
    "tray_why": _("服务器已完整收下，但有内容须由人处理，请到“走访”的“待处理”中查看。"),
    "go_on": _("继续填写"),
    "take_back": _("拿回来修改"),
    "refused_by_server": _("服务器没有收下（{status}）。内容仍在手机上，会再次发送；总是不行时请联系管理员。"),
    # households
    "households": _("我的户"),
    "villages": _("村级表单"),
    "search": _("找一户（户主、户编号、村）"),
    "shown_first": _("共 {all} 户，先显示 {shown} 户，请输入文字缩小范围。"),
    "shown_all": _("共 {all} 户"),
    "last_visit": _("上次走访：{day}"),
    "never_visited": _("还没有走访记录"),
    "no_households_now": _("现在取不到户的资料。已经填写的内容都在；有网络并登录后即可取得。"),
    "which_form": _("选择要填的表"),
    "number": _("户编号"),
    "village": _("村"),
    "address": _("住址"),
    "phone": _("电话"),
    "last_visit_label": _("上次走访"),
    "measures": _("帮扶措施"),
    "members": _("家庭成员：{names}"),
    "back": _("返回"),
    "back_kept": _("返回（内容已存在手机上）"),
    # writing
    "kept_on_phone": _("已存在手机上"),
    "not_kept": _("刚才的内容没有存下来。请不要关闭页面，再改动一处试试。"),
    "storage_full": _(
        "手机的存储空间已满，刚才的内容没有存下。先前存下的都在。请先发送已填好的走访，或删除手机上不用的文件，然后再改动一处。"
    ),
    "no_storage": _(
        "这个浏览器不让网页在手机上存东西（例如无痕窗口）。请换普通窗口或别的浏览器打开，否则填写的内容会丢失。"
    ),
    "must": _("必填"),
    "must_answer": _("这一项必须填写。"),
    "no_whole": _("请填写整数。"),
    "no_amount": _("请填写数字，最多两位小数，不带单位和逗号。"),
    "too_small": _("不能小于 {min}。"),
    "too_large": _("不能大于 {max}。"),
    "too_long": _("写了 {length} 个字，最多 {longest} 个字。"),
    "too_late": _("不能晚于 {max}。"),
    "photos_missing": _("至少要拍 {min} 张照片。"),
    "photos_between": _("{min} 至 {max} 张"),
    "photos_at_most": _("最多 {max} 张"),
    "photos_at_least": _("至少 {min} 张"),
    "years_old": _("{age} 岁"),
    "nobody": _("这户没有这样的人。"),
    "yes": _("是"),
    "no": _("否"),
    "choose": _("请选择"),
    "take_photo": _("拍照：{label}"),
    "shrinking": _("正在缩小照片…"),
    "no_picture": _("“{name}”不是能打开的照片。请重新拍照，或选择 JPEG、PNG 格式的照片。"),
    "photo_gone": _("照片“{name}”已不在这部手机上，没有发出。"),
    "photo_away": _("去掉"),
    "photo_away_sure": _("去掉这张照片？"),
    "visited_on": _("走访日期"),
    "met_with": _("见到了谁"),
    "companions": _("同行人员"),
    "summary": _("走访情况"),
    "remarks": _("备注"),
    "take_position": _("记下现在的位置"),
    "position_unknown": _("还没有记下位置。"),
    "position_known": _("已记下位置：北纬 {latitude}，东经 {longitude}，误差约 {accuracy} 米。"),
    "position_failed": _("没有取得位置。请到室外，或在手机设置中允许浏览器使用位置，再试一次。"),
    "no_position_here": _("不加密的 http 网址下，浏览器不提供位置。"),
    "finish": _("填完了，准备发送"),
    "not_finished": _("还有内容没有填好，请看红字。内容已存在手机上。"),
    "discard": _("不要这次走访"),
    "discard_sure": _("删除这次走访的全部内容和照片？删除后找不回来。"),
    # PIN
    "pin_title": _("设一个手机口令，把户带走"),
    "pin_why": _(
        "带走的户的资料加密存在这部手机上，没有网络时凭口令打开。口令只在这部手机上有效，服务器不知道，忘了只能重设。"
        "连续输错口令或过了期限，带走的资料会自动清除；填写的走访不会丢，登录后仍可发送。"
    ),
    "pin_new": _("新口令（至少 {digits} 位数字）"),
    "pin_again": _("再输一遍"),
    "take_along": _("设好口令，把户带走"),
    "without_taking": _("先不带走，只在有网络时用"),
    "pin_too_short": _("口令至少要 {digits} 位数字。"),
    "pin_too_easy": _("这个口令太好猜了（相同或连续的数字），请换一个。"),
    "pin_differs": _("两次输入的口令不一样。"),
    "pin_give": _("{name}，请输入手机口令"),
    "pin_known": _("手机口令"),
    "open": _("打开"),
    "pin_forgotten": _("忘了口令"),
    "pin_forget_sure": _("清除带走的资料并重设口令？填写的走访不会丢，登录后仍可发送。"),
    "pin_wrong": _("口令不对。还可以再试 {left} 次，之后带走的资料会自动清除。"),
    "pin_change": _("换口令"),
    "pin_choose": _("设口令，把户带走"),
    "wiped_pins": _("口令输错次数太多，带走的资料已经清除。填写的走访还在，登录后可以发送。"),
    "wiped_forgotten": _("带走的资料和口令已经清除。填写的走访还在，登录后可以发送。"),
    "wiped_old": _("带走的资料过了期限，已经自动清除。请重新带走。填写的走访还在。"),
    "taking": _("正在取户的资料…"),
    "taken": _("已带走 {households} 户，现在可以断网使用。连续 {days} 天没有联网登录，会自动清除。"),
    "fetched": _("已取得 {households} 户，页面打开期间可用。"),
    "take_again": _("重新取户的资料"),
    "wipe": _("从这部手机清除户的资料"),
    "wipe_sure": _("清除带走的资料和口令？填写的走访不会丢。"),
    "wiped": _("带走的资料和口令已经清除。"),
    # who
    "who": _("使用人：{name}"),
    "pack_kept": _("户的资料取于 {day}。连续 {days} 天没有联网登录，会自动清除。"),
    "pack_not_kept": _("户的资料取于 {day}，没有存在手机上。"),
    "whole_site": _("到完整网站"),
    "sign_in": _("登录"),
    "sign_in_first": _("请先登录"),
    "sign_in_why": _("登录已经结束。手机上的内容都在，登录后继续。"),
    "sign_in_needs_network": _("这部手机上还没有带走的资料，或资料已清除。请在有网络的地方打开本页并登录。"),
    "sign_in_again": _("登录已经结束，请重新登录。手机上的内容都在。"),
    "still_here": _("这部手机上还有没送达的走访 {waiting} 次、正在填写的 {draft} 次，登录后即可继续。"),
    "no_network": _("现在连不上服务器。内容都存在手机上，有网络后自动发送。"),
    "no_right_title": _("没有走访的岗位"),
    "no_right": _("您现在的岗位不能记录走访，带走的户的资料已经清除。如工作需要，请联系本单位的安全管理员。"),
    "locked_title": _("手机上的走访打不开"),
    "locked": _(
        "服务器更换过密钥，手机上原有的走访暂时打不开，但没有删除。"
        "请联系管理员，用原来的 secret_key 文件恢复后再打开本页。"
    ),
    "broken": _("页面出了问题：{reason}。内容都存在手机上，请刷新页面后再试；总是不行时请联系管理员。"),
}


def texts() -> dict[str, str]:
    """All of them in the language now active."""
    return {name: str(text) for name, text in TEXTS.items()}
