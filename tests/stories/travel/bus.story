# 公交票价与里程无关，每次按 4 公里计。
# A bus fare says nothing about the distance, so a ride counts as 4 km.
#
#   4.0 km × 26.9 g/km = 107.6 g = 107,600 mg                  §2.3

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥2.00 to bus_operator in Beijing by unionpay_nfc with debit      -> posted 107,600 mg, 15 energy

expect
  lin bus_ride: 1 act, 107,600 mg, 15 energy
