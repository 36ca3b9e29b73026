# 花掉之后退款：明记为欠，之后挣到的先还欠，还清才可用。
# A refund after spending is an explicit debt, which later energy pays first.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file later
on 2026-07-10
  08:01 next  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:30 home  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-07-08
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded

at 2026-07-07 08:00
  july arrives
  lin collects         -> done 20
  lin sets aside 18 as gym until 2026-07-09 12:00     -> done 18
  lin uses gym         -> done 18
at 2026-07-08 12:00
  back arrives
  lin has 18 owed
  lin sets aside 1 as tree until 2026-07-09 12:00     -> not_enough
at 2026-07-11 08:00
  later arrives
  lin has 40 ripe, 18 owed
  lin collects         -> done 40
  lin has 22 available
