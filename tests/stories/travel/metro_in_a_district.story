# 城市写成区（朝阳区 110105）也找得到北京的票价表。
# A district, Chaoyang 110105, finds the fare table of its city.
#
#   4 yuan in Beijing: 7.3 km × 46.7 g/km = 340,910 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to "北京地铁 乘车码" mcc 4111 in 110105 by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 340,910 mg, 20 energy
