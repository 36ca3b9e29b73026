# 充电按电表度数：同样里程的汽油车排放减去所在区域电网的排放。
# A charge counts by the meter: what a petrol car would have emitted on the same distance, less the regional grid.
#
#   petrol per kWh: 0.068 L/km ÷ 0.165 kWh/km × 2,156 g/L × 1 (first year) = 888.5333 g/kWh
#   Beijing is on the north grid, 677.6 g/kWh; Shanghai on the east one, 561.7 g/kWh
#   Beijing   10 kWh × (888.5333 − 677.6) = 2,109.3333 g = 2,109,333 mg
#   Shanghai  10 kWh × (888.5333 − 561.7) = 3,268.3333 g = 3,268,333 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  20:01 north  lin pays ¥15.01 to ev_charging in Beijing by app with credit {electricity_wh=10000}   -> posted 2,109,333 mg, 58 energy
on 2026-07-07
  20:01 east   lin pays ¥15.01 to ev_charging in Shanghai by app with credit {electricity_wh=10000}  -> posted 3,268,333 mg, 58 energy

expect
  lin ev_charging: 2 acts, 5,377,666 mg, 116 energy
