# 冻结中的能量已答应出去，不动它；退款先收可用的，不足记欠。冻结退回时先还欠。
# What is set aside is promised and stays: a refund takes what is available, the rest is owed, and is paid when the hold comes back.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-07-06
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded

at 2026-07-07 08:00
  july arrives
  lin collects         -> done 20
  lin sets aside 15 as gym until 2026-07-09 12:00     -> done 15
  back arrives
  lin has 15 held, 15 owed
  lin gives back gym   -> done 15
  lin has nothing
