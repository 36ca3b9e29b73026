# 夜间清扫跑两遍，第二遍什么也不改。
# A sweep that runs twice changes nothing the second time.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

customer wu joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:02 trip  wu pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> posted 340,910 mg, 20 energy

at 2026-07-07 08:00
  july arrives
  lin collects     -> done 20
  lin sets aside 8 as gym until 2026-07-09 12:00     -> done 8
at 2026-07-14 08:00
  sweep            -> 20 lapsed, 0 expired, 1 released
  sweep            -> 0 lapsed, 0 expired, 0 released
  lin has 20 available
  wu has nothing
at 2027-08-01 08:00
  sweep            -> 0 lapsed, 20 expired, 0 released
  sweep            -> 0 lapsed, 0 expired, 0 released
  lin has nothing
