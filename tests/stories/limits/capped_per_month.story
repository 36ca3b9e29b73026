# 一个月第八十一次乘地铁不再计入，下个月一日重新开始。
# The eighty-first metro ride of a month earns nothing; the first of the next month starts anew.
#
#   20 days × 4 rides = 80;  80 × 340,910 = 27,272,800 mg;  80 × 20 = 1,600 energy
#   with the ride of 1 August: 27,613,710 mg and 1,620 energy

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
each day from 2026-07-01 to 2026-07-20
  07:00 a  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  09:00 b  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  12:00 c  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:00 d  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
on 2026-07-21
  07:00 last  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit  -> capped 0 mg, 0 energy
file august
on 2026-08-01
  07:00 new   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit  -> posted 340,910 mg, 20 energy

expect
  lin holds 27,613,710 mg, 1,620 energy
  lin metro_ride: 82 acts, 1 capped
