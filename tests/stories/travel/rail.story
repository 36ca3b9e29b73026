# 一张 100 元的高铁票，按每公里 0.48 元折成里程，再乘以相对替代交通的净减排。
# A train ticket of 100 yuan becomes a distance at 0.48 yuan per km, times what it saves against the modes it replaces.
#
#   replaced mix: 0.40 × 20 + 0.25 × 30 + 0.20 × 80 + 0.15 × 95.3 = 45.795 g/km       §2.3
#   net: 45.795 − 30.5 = 15.295 g/km
#   100 ÷ 0.48 = 208.3333 km;  208.3333 × 15.295 = 3,186.4583 g = 3,186,458 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  20:01 ticket  lin pays ¥100.00 to rail by online with credit      -> posted 3,186,458 mg, 60 energy

expect
  lin rail_travel: 1 act, 3,186,458 mg, 60 energy
