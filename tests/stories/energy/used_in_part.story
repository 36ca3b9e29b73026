# 只用一部分时，其余退回原来的批次，到期日不变，不会因此变新。
# Of what is used in part the rest goes back to its lots with their age: it does not become younger.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

file august
on 2026-08-03
  08:01 again  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-06 12:00
  july arrives
at 2026-07-07 08:00
  lin collects     -> done 20
at 2026-08-03 12:00
  august arrives
at 2026-08-04 08:00
  lin collects     -> done 20
  lin sets aside 30 as gym until 2026-08-10 12:00     -> done 30
  lin uses 31 of gym     -> not_enough
  lin uses 4 of gym      -> done 4
  lin has 36 available
at 2027-08-01 00:00
  sweep            -> 0 lapsed, 16 expired, 0 released
  lin has 20 available
