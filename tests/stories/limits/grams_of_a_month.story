# 铁路一个月至多计 20 公斤：第三张票只补足到 20 公斤，第四张不再给减排量，能量照给。
# Rail counts at most 20 kg a month: the third ticket fills it up, the fourth gives no carbon, and both give energy.
#
#   300 yuan ÷ 0.48 = 625 km;  625 × 15.295 = 9,559.375 g = 9,559,375 mg
#   after two tickets 19,118,750 mg; the third gives 20,000,000 − 19,118,750 = 881,250 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:00 one    lin pays ¥300.00 to rail by online with credit      -> posted 9,559,375 mg, 60 energy
  20:00 two    lin pays ¥300.00 to rail by online with credit      -> posted 9,559,375 mg, 60 energy
on 2026-07-13
  08:00 three  lin pays ¥300.00 to rail by online with credit      -> posted 881,250 mg, 60 energy
file later
on 2026-07-20
  08:00 four   lin pays ¥300.00 to rail by online with credit      -> posted 0 mg, 60 energy

expect
  lin holds 20,000,000 mg, 240 energy
  lin rail_travel: 4 acts, 20,000,000 mg, 2 capped
