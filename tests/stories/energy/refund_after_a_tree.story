# 能量换成了树之后，原来的乘车退款：树留下，欠能量，之后所得先抵还。
# A ride is refunded after its energy became a tree: the tree stays, the energy is owed, and later earnings pay it first.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts
limited pines is a stock of 3

file june
on 2026-06-08
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file july
on 2026-07-06
  08:01 next  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-07-20
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded 340,910 mg, 20 energy

file august
on 2026-08-03
  08:01 later lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-06-09 08:00
  june arrives
  lin collects         -> done 20
at 2026-07-07 08:00
  july arrives
  lin collects         -> done 20
  lin sets aside 36 with 1 pines as tree until 2026-08-06 12:00     -> done 36
  lin uses tree        -> done 36
  lin has 4 available
at 2026-07-20 12:00
  back arrives
  lin has 16 owed
  pines has 2 units
  lin gives back tree  -> captured
at 2026-08-04 08:00
  august arrives
  lin has 20 ripe, 16 owed
  lin collects         -> done 20
  lin has 4 available
  pines has 2 units

expect
  lin metro_ride: 3 acts, 681,820 mg, 40 energy
