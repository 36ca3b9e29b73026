# 自有电动自行车多半替代公交和自行车，因此只给能量。
# One's own e-bike mostly replaces buses and bicycles, so charging it gives energy only.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  21:01 charge  lin pays ¥1.00 to ebike_charging in Beijing by app with debit     -> posted 0 mg, 10 energy

expect
  lin ebike_charging: 1 act, 0 mg, 10 energy
