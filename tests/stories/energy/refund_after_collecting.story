# 收了还没花就退款：从那一批里收回。
# A refund after collecting takes it from the lot it is in.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-07-06
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded

at 2026-07-07 08:00
  july arrives
  lin collects     -> done 20
  back arrives
  lin has nothing
