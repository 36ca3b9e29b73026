# 名额跨文件累计：早上的文件用掉四次，晚上文件里的第五次就没有了。
# A cap counts across files: what the morning's file used is gone for the evening's.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file morning
on 2026-07-06
  06:00 a  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
  08:00 b  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
file noon
on 2026-07-06
  10:00 c  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
  12:00 d  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted
file evening
on 2026-07-06
  18:00 e  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> capped 0 mg, 0 energy

expect
  lin holds 1,363,640 mg, 80 energy
