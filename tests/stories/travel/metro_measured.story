# 运营方给出的里程优先于票价：实测 8.2 公里就按 8.2 公里算。
# The operator's distance beats the fare: 8.2 km measured are 8.2 km claimed, although the fare alone would say 7.3 km.
#
#   8.2 km × 46.7 g/km = 382.94 g = 382,940 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_nfc with debit {distance_m=8200}  -> posted 382,940 mg

expect
  lin holds 382,940 mg, 20 energy
