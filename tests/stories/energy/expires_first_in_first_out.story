# 每批能量用到十二个月后的月底；先到期的先用，用不完的按批到期。
# A lot can be used to the end of the month twelve months on; the oldest is used first, and each expires on its own day.

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
  lin sets aside 5 as gym until 2026-08-05 12:00     -> done 5
  lin uses gym     -> done 5
  lin has 35 available
at 2027-07-31 23:59
  lin has 35 available
  sweep            -> 0 lapsed, 0 expired, 0 released
at 2027-08-01 00:00
  lin has 20 available
  sweep            -> 0 lapsed, 15 expired, 0 released
  lin has 20 available
at 2027-09-01 00:00
  lin sets aside 1 as late until 2027-09-02 12:00    -> not_enough
  lin has nothing
  sweep            -> 0 lapsed, 20 expired, 0 released
