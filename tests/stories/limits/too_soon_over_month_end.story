# 换乘不因跨月而变成新的一次：七月最后一刻进站，八月第一刻换乘，仍是一次行程。
# A change of trains stays one journey when midnight, or the end of a month, falls between the gates.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-30
  23:30 gate    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
on 2026-07-31
  00:10 change  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> too_soon
  23:30 last    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
on 2026-08-01
  00:10 first   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> too_soon

expect
  lin holds 681,820 mg, 40 energy
