# 退了票就等于没有坐车：当时给了多少，就收回多少，一毫克也不差。
# A ticket given back was no trip: exactly what it gave is taken back, to the milligram.
#
#   given 3,186,458 mg and 60 energy (see travel/rail); taken back 3,186,458 mg and 60 energy

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  20:01 ticket  lin pays ¥100.00 to rail by online with credit      -> posted 3,186,458 mg, 60 energy
file august
on 2026-08-02
  09:00 back    lin gets ¥100.00 back for ticket                    -> refunded 3,186,458 mg, 60 energy

expect
  lin holds 0 mg, 0 energy
  lin rail_travel: 1 act, 0 mg, 0 energy
