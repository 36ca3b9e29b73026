# 一次充电最多按 80 度计，再大的读数不采信。
# One charge counts for at most 80 kWh, whatever the reading says.
#
#   Beijing: 80 × (888.5333 − 677.6) = 16,874.6667 g = 16,874,667 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  20:01 charge  lin pays ¥150.01 to ev_charging in Beijing by app with credit {electricity_wh=120000}    -> posted 16,874,667 mg, 58 energy

expect
  lin holds 16,874,667 mg, 58 energy
