# 同一笔事件送来三次（同一文件、下一文件），只入账一次。
# The same event three times, in one file and in the next, is posted once.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> duplicate
file august
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> duplicate

expect
  lin holds 340,910 mg, 20 energy
  lin metro_ride: 1 act
