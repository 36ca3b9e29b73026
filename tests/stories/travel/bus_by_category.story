# 登记簿和摘要都不认识时，类别码 4111、乘车码、五元以内的小额仍可判为公交。
# Where neither registry nor words help, a small payment by ride code under category 4111 is still taken for a bus ride.
#
#   4.0 km × 26.9 g/km = 107,600 mg;  above 5 yuan it could be anything

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 small  lin pays ¥2.00 to "乘车码" mcc 4111 in Harbin by unionpay_qr with debit     -> posted 107,600 mg, 15 energy
  12:01 large  lin pays ¥7.00 to "乘车码" mcc 4111 in Harbin by unionpay_qr with debit     -> not_green

expect
  lin bus_ride: 1 act, 107,600 mg, 15 energy
