# 90 分钟内再次进站视为同一次行程的换乘；满 90 分钟才是新的一次。
# Within 90 minutes a second gate is a change of trains, not a second ride; after 90 minutes it is one.
#
#   08:40 follows 08:01 after 39 minutes: part of the same journey
#   10:10 follows 08:40 after exactly 90 minutes: a ride of its own

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:40 change  lin pays ¥3.00 to metro_operator in Beijing by unionpay_qr with debit     -> too_soon 0 mg, 0 energy
  10:10 next    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 681,820 mg, 40 energy
  lin metro_ride: 2 acts
