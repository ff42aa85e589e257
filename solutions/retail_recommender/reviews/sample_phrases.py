"""What the generated reviews are made of: products with their qualities, and words to say them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """A product and how good it is.

    Args:
        name: as the shop calls it.
        quality: aspect -> share of customers who find it good, 0 to 1.
        worse: the aspect that gets worse during the year; empty for none.
        worse_from_day: the day of the year from which on it is.
    """

    name: str
    quality: dict[str, float]
    worse: str = ""
    worse_from_day: float = 0.0


PRODUCTS = (
    Product(
        "Earbuds E2",
        {"sound": 0.8, "battery": 0.85, "fit": 0.6, "delivery": 0.7, "price": 0.6},
        "battery",
        210.0,
    ),
    Product("Kettle K1", {"noise": 0.3, "look": 0.8, "quality": 0.7, "price": 0.75, "size": 0.6}),
    Product(
        "Backpack B5",
        {"size": 0.8, "quality": 0.75, "look": 0.7, "delivery": 0.6, "price": 0.5},
        "quality",
        150.0,
    ),
    Product("Phone P9", {"screen": 0.85, "battery": 0.5, "camera": 0.75, "price": 0.35}),
    Product("Coffee C3", {"taste": 0.75, "smell": 0.8, "packing": 0.5, "delivery": 0.5}),
    Product(
        "Lamp L7",
        {"light": 0.75, "look": 0.65, "packing": 0.7, "service": 0.7, "price": 0.7},
        "service",
        250.0,
    ),
)


@dataclass(frozen=True)
class Words:
    """How one language says it.

    Args:
        aspects: aspect -> its word.
        clause: a sentence with ``{aspect}`` and ``{told}``.
        good: what is said of something good.
        bad: the same of something bad.
        not_bad: praise by negation.
        not_good: blame by negation.
        degrees: what stands before it.
        opening: how reviews begin.
        closing_good: how good ones end.
        closing_bad: how bad ones end.
        and_: joins what goes together.
        but: joins what does not.
        stop: ends a sentence.
    """

    aspects: dict[str, str]
    clause: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    not_bad: tuple[str, ...]
    not_good: tuple[str, ...]
    degrees: tuple[str, ...]
    opening: tuple[str, ...]
    closing_good: tuple[str, ...]
    closing_bad: tuple[str, ...]
    and_: str
    but: str
    stop: str


WORDS = {
    "en": Words(
        aspects={
            "sound": "sound",
            "battery": "battery",
            "fit": "fit",
            "delivery": "delivery",
            "price": "price",
            "noise": "noise",
            "look": "design",
            "quality": "quality",
            "size": "size",
            "screen": "screen",
            "camera": "camera",
            "taste": "taste",
            "smell": "smell",
            "packing": "packaging",
            "light": "light",
            "service": "customer service",
        },
        clause="the {aspect} is {told}",
        good=("great", "excellent", "lovely", "perfect", "very nice", "a pleasure", "impressive"),
        bad=("terrible", "poor", "awful", "disappointing", "a joke", "annoying", "horrible"),
        not_bad=("not bad at all", "never a problem", "nothing to complain about"),
        not_good=("not good", "not great", "not what I expected", "nothing like the description"),
        degrees=("", "", "really ", "simply ", "quite ", "so "),
        opening=(
            "Bought it for my sister, ",
            "After two weeks of use: ",
            "Second order from this shop, ",
            "Honest opinion: ",
            "I use it every day, ",
        ),
        closing_good=(
            " Would buy again!",
            " Recommended 👍",
            " Five stars.",
            " Happy with it.",
            " Thank you!!!",
        ),
        closing_bad=(
            " Sent it back.",
            " Waste of money 😡",
            " Never again.",
            " I want a refund.",
            " Broke after a week.",
        ),
        and_=", and ",
        but=", but ",
        stop=".",
    ),
    "zh": Words(
        aspects={
            "sound": "音质",
            "battery": "电池",
            "fit": "佩戴",
            "delivery": "物流",
            "price": "价格",
            "noise": "噪音",
            "look": "外观",
            "quality": "质量",
            "size": "大小",
            "screen": "屏幕",
            "camera": "拍照",
            "taste": "味道",
            "smell": "气味",
            "packing": "包装",
            "light": "灯光",
            "service": "客服",
        },
        clause="{aspect}{told}",
        good=("很好", "不错", "令人满意", "超出预期", "很棒", "没得说", "让人喜欢"),
        bad=("很差", "糟糕", "让人失望", "太烂了", "不行", "有问题", "一塌糊涂"),
        not_bad=("一点也不差", "没有任何问题", "挑不出毛病"),
        not_good=("不好", "不如描述", "并不理想", "没有想象中好"),
        degrees=("", "", "真的", "确实", "实在"),
        opening=("给家人买的，", "用了两个星期，", "第二次在这家买，", "说实话，", "每天都在用，"),
        closing_good=("值得购买！", "推荐👍", "五星好评。", "很开心。", "下次还来！！！"),
        closing_bad=("已经退货。", "浪费钱😡", "再也不买了。", "要求退款。", "一个星期就坏了。"),
        and_="，",
        but="，但是",
        stop="。",
    ),
}
