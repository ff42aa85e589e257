"""Small words that topics never are, and that a tokenizer may leave out.

Negations, degrees and what turns a sentence ("not", "too", "but") are in none of the lists: in a
review they carry sentiment.
"""

from __future__ import annotations

_ENGLISH = """
a about am an and any are as at be because been being by did do does doing during each for from
had has have having he her here hers him his how i if in into is it it's its itself me my of on or
our ours she so some such than that that's the their theirs them then there these they this those
through to up us was we were what when where which while who whom why will with would you your yours
i'm i've i'd you're they're there's also just got get one two since out over again own
"""
_CHINESE = """
的 了 是 在 我 我们 你 你们 他 他们 她 她们 它 它们 这 这个 这些 这里 那 那个 那些 那里 和 与 及
或 也 就 都 而 以 于 为 被 把 让 给 从 到 对 上 下 里 中 个 只 些 着 过 会 要 有 一 一个 一些 两
因为 所以 如果 以及 还有 之 其 该 此 每 各 吧 呢 啊 吗 哦 嗯 呀 什么 怎么 时候 自己 大家 觉得
起来 出来 可以 已经 我的 了的 是我 这是 这种 这样 那么 现在 今天 昨天 然后 还是 就是 真的 感觉
东西 一样 一下 有点 一点
"""
LISTS: dict[str, tuple[str, ...]] = {
    "en": tuple(_ENGLISH.split()),
    "zh": tuple(_CHINESE.split()),
}
