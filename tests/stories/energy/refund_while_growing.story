# 没成熟就退款：从能量球里收回，客户不欠。
# A refund before the ball is ripe takes the ball; nothing is owed.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-07-06
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded

at 2026-07-06 12:00
  july arrives
  lin has 20 growing
  back arrives
  lin has nothing
at 2026-07-07 07:00
  lin collects     -> nothing
