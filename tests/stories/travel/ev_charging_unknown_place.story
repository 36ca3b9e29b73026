# 不知道在哪里充的电，就用全国电网因子。
# A charge whose place is not known is weighed with the national grid.
#
#   10 kWh × (888.5333 − 530.6) = 3,579.3333 g = 3,579,333 mg

customer lin joined 2026-06-01 with credit consenting to card_payments, whereabouts

file july
on 2026-07-06
  20:01 charge  lin pays ¥15.01 to ev_charging by app with credit {electricity_wh=10000}   -> posted 3,579,333 mg, 58 energy

expect
  lin ev_charging: 1 act, 3,579,333 mg, 58 energy
