# 票价对不上任何一档（例如优惠后的 3.59 元），就用缺省里程 8 公里，并记明来源是缺省值。
# A fare that fits no band, 3.59 yuan after some discount, falls back to the default trip of 8 km.
#
#   8.0 km × 46.7 g/km = 373.6 g = 373,600 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥3.59 to metro_operator in Shanghai by unionpay_qr with debit    -> posted 373,600 mg, 20 energy

expect
  lin holds 373,600 mg, 20 energy
