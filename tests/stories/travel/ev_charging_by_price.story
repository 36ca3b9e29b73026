# 没有电表读数时，用偏高的电价 1.80 元/度反推度数，宁少勿多。
# Without a meter reading the kilowatt-hours follow from the money at a price that is high on purpose, 1.80 yuan.
#
#   27.00 yuan ÷ 1.80 yuan/kWh = 15 kWh
#   Guangzhou, south grid: 15 × (888.5333 − 386.9) = 7,524.5 g = 7,524,500 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  20:01 charge  lin pays ¥27.00 to ev_charging in Guangzhou by app with credit    -> posted 7,524,500 mg, 58 energy

expect
  lin holds 7,524,500 mg, 58 energy
