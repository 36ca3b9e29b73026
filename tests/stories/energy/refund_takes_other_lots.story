# 那批已花掉时，从其他批次收回，还不够才记欠。
# When its own lot is spent, a refund takes from other lots, before anything is owed.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file august
on 2026-08-03
  08:01 again  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file back
on 2026-08-04
  09:30 undo  lin gets ¥4.00 back for ride     -> refunded

at 2026-07-07 08:00
  july arrives
  lin collects     -> done 20
  lin sets aside 20 as gym until 2026-07-09 12:00     -> done 20
  lin uses gym     -> done 20
at 2026-08-04 08:00
  august arrives
  lin collects     -> done 20
at 2026-08-04 12:00
  back arrives
  lin has nothing
