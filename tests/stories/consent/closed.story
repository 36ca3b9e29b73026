# 销户之后不再记录；销户之前的行为迟到了，也按发生时刻判断。
# After closing nothing is recorded; a ride from before it that arrives late is judged by its own time.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts
  2026-07-10 12:00 closes

file july
on 2026-07-10
  08:01 before  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:01 after   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> no_account
file august
on 2026-07-09
  08:01 late    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin metro_ride: 2 acts, 681,820 mg, 40 energy
