# 能量已作废再退款：客户已经没有这笔能量，不再收第二次。
# What had lapsed is not taken a second time by a refund.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-07-20
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded

at 2026-07-06 12:00
  july arrives
at 2026-07-14 08:00
  sweep            -> 20 lapsed, 0 expired, 0 released
at 2026-07-20 12:00
  back arrives
  lin has nothing
