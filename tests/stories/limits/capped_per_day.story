# 一天第五次乘地铁不再计入：上限是每人每天四次；行为仍留痕，写明原因。
# A fifth metro ride on one day earns nothing: the cap is four per customer and day, and the act is kept with the reason.
#
#   4 × 340,910 = 1,363,640 mg;  4 × 20 = 80 energy

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  07:00 a  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  09:00 b  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  12:00 c  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  18:00 d  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  21:00 e  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> capped 0 mg, 0 energy
on 2026-07-07
  08:00 f  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 1,704,550 mg, 100 energy
  lin metro_ride: 6 acts, 1 capped
