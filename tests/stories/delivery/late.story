# 迟到一个月的乘车仍计入它发生的那一天，也占那一天的名额。
# A ride that arrives a month late counts on the day it happened, and against that day's cap.
#
#   four rides of 6 July are there already; the fifth arrives in August and earns nothing
#   a late ride of 7 July finds its day empty: 340,910 mg

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  07:00 a  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  09:00 b  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  12:00 c  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:00 d  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
file august
on 2026-07-06
  21:00 e  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> capped 0 mg, 0 energy
on 2026-07-07
  08:00 f  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 1,704,550 mg, 100 energy
  lin metro_ride: 6 acts, 1 capped
