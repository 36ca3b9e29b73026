# 共享单车与共享电单车用不同的因子和里程；18 点能量是平安公布的标准。
# A shared bike and a shared e-bike have factors and typical distances of their own; 18 energy is what Ping An published.
#
#   bike    1.5 km × 48.7 g/km =  73.05 g =  73,050 mg
#   e-bike  2.5 km × 61.8 g/km = 154.50 g = 154,500 mg
#   measured 3.2 km on a bike:  3.2 × 48.7 = 155.84 g = 155,840 mg
#   sum 383,390 mg, 3 × 18 = 54 energy

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 bike      lin pays ¥1.50 to bike_share in Beijing by app with debit                     -> posted 73,050 mg, 18 energy
  12:01 ebike     lin pays ¥2.50 to bike_share in Beijing by app with debit {vehicle=ebike}     -> posted 154,500 mg, 18 energy
  18:01 measured  lin pays ¥1.50 to bike_share in Beijing by app with debit {distance_m=3200}   -> posted 155,840 mg, 18 energy

expect
  lin holds 383,390 mg, 54 energy
