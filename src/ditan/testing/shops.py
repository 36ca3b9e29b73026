"""Ordinary shops: where nine of ten card payments go, and none of them is green.

Descriptors, merchant category codes and prices are plausible, not real. Some names are traps on purpose: a shop inside
a metro station, a food delivery by the company that also rents bikes, a restaurant in a power company's building.
Nothing here is paid by UnionPay code or tap, because that alone would be an act (`qr_payment`).
"""

from __future__ import annotations

from math import exp
from statistics import NormalDist
from typing import Final, NamedTuple

from ditan.testing.digits import not_luhn
from ditan.testing.rhythm import HABITS, urn

#: Shops a customer of one city goes to; Zipf-weighted, so few of them take most of the payments.
SHOPS_PER_CITY: Final = 240

_ROADS: Final = ("人民路", "建设路", "中山路", "解放路", "学院路", "和平路", "新华路", "文化路", "滨江道", "科技园")


class Category(NamedTuple):
    """A kind of shop. `median_fen` and `spread` are the log-normal prices; `channels` are shares in eighths."""

    mcc: int
    weight: int
    median_fen: int
    spread: float
    habit: str
    channels: str
    names: str
    national: bool = False  # one merchant for the whole country, no branches and no city


CATEGORIES: Final = (
    Category(5411, 150, 8_800, 0.8, "groceries", "pos*6 online*2", "永辉超市 物美超市 华润万家 大润发 盒马鲜生 沃尔玛"),
    Category(
        5499, 130, 1_900, 0.6, "all_day", "pos*7 app", "罗森便利店 全家便利店 美宜佳 便利蜂 鲜丰水果 地铁站内便利店"
    ),
    Category(5422, 40, 5_200, 0.6, "groceries", "pos*8", "鲜肉铺 钱大妈"),
    Category(
        5812, 140, 9_600, 0.8, "meals", "pos*5 online*3", "西贝莜面村 海底捞火锅 外婆家 兰州拉面 国网大厦餐厅 湘菜馆"
    ),
    Category(
        5814, 120, 2_600, 0.5, "breakfast", "pos*4 app*2 online*2", "瑞幸咖啡 肯德基 麦当劳 庆丰包子铺 永和大王 星巴克"
    ),
    Category(5462, 30, 3_400, 0.5, "all_day", "pos*7 app", "好利来 味多美 面包新语"),
    Category(5541, 60, 32_000, 0.4, "all_day", "pos*7 app", "中国石化加油站 中国石油加油站"),
    Category(7523, 45, 1_500, 0.7, "all_day", "pos*4 app*4", "停车场 公共停车管理 地铁换乘停车场"),
    Category(5912, 45, 6_500, 0.8, "all_day", "pos*7 online", "同仁堂药店 老百姓大药房 益丰大药房"),
    Category(8062, 30, 21_000, 1.0, "office", "pos*6 app*2", "人民医院门诊 中医医院门诊 儿童医院"),
    Category(5651, 35, 26_000, 0.7, "weekend", "pos*7 online", "优衣库 海澜之家 太平鸟"),
    Category(5732, 18, 89_000, 0.9, "weekend", "pos*6 online*2", "小米之家 苏宁易购 华为体验店"),
    Category(5921, 22, 15_800, 0.8, "evening", "pos*8", "烟酒专卖 名酒行"),
    Category(7230, 18, 6_800, 0.7, "weekend", "pos*8", "理发店 美容院"),
    Category(7832, 18, 8_800, 0.4, "evening", "online*6 pos*2", "万达影城 CGV影城"),
    Category(7997, 10, 19_900, 0.8, "evening", "pos*6 app*2", "健身中心 游泳馆"),
    Category(5942, 12, 6_200, 0.6, "weekend", "pos*6 online*2", "新华书店 西西弗书店"),
    Category(5251, 14, 7_400, 0.8, "office", "pos*8", "五金建材 家装材料"),
    Category(7011, 16, 31_800, 0.6, "evening", "pos*5 online*3", "如家酒店 汉庭酒店 全季酒店"),
    Category(8299, 10, 98_000, 0.9, "weekend", "pos*6 online*2", "艺术培训 驾驶学校"),
    Category(6513, 8, 62_000, 0.5, "office", "pos*4 counter*4", "物业服务中心 花园物业"),
    Category(5311, 190, 12_900, 1.0, "night", "online*8", "京东商城 天猫超市 拼多多 唯品会 抖音商城", True),
    Category(5812, 90, 3_600, 0.5, "meals", "online*8", "美团外卖 饿了么", True),
    Category(4121, 60, 2_800, 0.6, "all_day", "online*6 app*2", "滴滴出行快车 高德打车", True),
    Category(4722, 14, 78_000, 0.8, "evening", "online*8", "携程旅行 去哪儿旅行", True),
    Category(4511, 10, 92_000, 0.4, "office", "online*8", "中国国际航空 南方航空", True),
    Category(6300, 10, 240_000, 0.6, "office", "online*4 auto_debit*4", "平安保险 中国人寿保险", True),
    Category(5815, 24, 1_800, 0.4, "night", "auto_debit*6 online*2", "视频会员自动续费 音乐会员自动续费", True),
    Category(5816, 16, 3_000, 0.8, "night", "online*8", "游戏充值", True),
    Category(6012, 6, 50_000, 0.7, "office", "counter*8", "银行柜面业务", True),
)


class Shop(NamedTuple):
    """A merchant. `payment` is what one payment there is drawn from, and the end of its canonical CSV line."""

    merchant_id: str
    mcc: int
    descriptor: str
    city: int | None
    channels: tuple[str, ...]
    prices_fen: tuple[int, ...]
    minutes: tuple[int, ...]
    payment: tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], str]


def prices(median_fen: int, spread: float, places: int = 256) -> tuple[int, ...]:
    """Log-normal prices; three of four end in a whole yuan, a half or .90, as price tags do."""
    normal = NormalDist()
    shown = []
    for place in range(places):
        fen = median_fen * exp(spread * normal.inv_cdf((place + 0.5) / places))
        step = (100, 50, 100, 1)[place % 4]
        shown.append(max(100, round(fen / step) * step - (10 if place % 4 == 2 else 0)))
    return tuple(shown)


def shops_of_city(city: int | None, taken: set[str]) -> list[tuple[Shop, float]]:
    """Every shop of a city with its weight; `None` gives the national ones. `taken` holds the merchant ids in use."""
    chosen = [category for category in CATEGORIES if category.national == (city is None)]
    total = sum(category.weight for category in chosen)
    shops = []
    for category in chosen:
        names = category.names.split()
        count = len(names) if city is None else max(2, SHOPS_PER_CITY * category.weight // total)
        ladder = prices(category.median_fen, category.spread)
        channels = _channels(category.channels)
        # Zipf inside the category: the k-th shop takes 1/k of the first.
        scale = category.weight / sum(1 / rank for rank in range(1, count + 1))
        for rank in range(count):
            name = names[rank % len(names)]
            road = "" if city is None else f"（{_ROADS[rank // len(names) % len(_ROADS)]}店）"
            shop = _shop(category, name + road, city, ladder, channels, taken)
            shops.append((shop, scale / (rank + 1)))
    return shops


def shop_urn(city: int, national: list[tuple[Shop, float]], taken: set[str]) -> tuple[Shop, ...]:
    """The shops a customer of `city` pays at, laid out by weight."""
    both = shops_of_city(city, taken) + national
    return urn([shop for shop, _ in both], [weight for _, weight in both])


def _channels(shares: str) -> tuple[str, ...]:
    words = (word.partition("*") for word in shares.split())
    return tuple(name for name, _, times in words for _ in range(int(times or 1)))


def merchant_id(region: int, mcc: int, number: int) -> str:
    """A merchant id shaped as UnionPay's: 3 digits of the acquirer, 4 of the region, 4 of the MCC, 4 of the shop."""
    return not_luhn(f"898{region:04d}{mcc:04d}{number:04d}")


def _shop(
    category: Category, name: str, city: int | None, ladder: tuple[int, ...], channels: tuple[str, ...], taken: set[str]
) -> Shop:
    region = (city or 0) // 100
    number = len(taken) % 10_000  # near the next free one
    while (found := merchant_id(region, category.mcc, number)) in taken:
        number = (number + 1) % 10_000
    taken.add(found)
    tail = f"CNY,{category.mcc},{found},{name},{city or ''},,"
    minutes = HABITS[category.habit]
    return Shop(found, category.mcc, name, city, channels, ladder, minutes, (channels, ladder, minutes, tail))
