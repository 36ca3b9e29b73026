# 坏行各有一个代码，好行照常入账。
# Each bad row has one code, and the good one among them goes on.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride      lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> posted 340,910 mg, 20 energy
  10:01 negative  lin pays ¥-4.00 to metro_operator in Beijing by unionpay_qr with debit     -> amount_not_positive
  10:02 nothing   lin pays ¥0.00 to metro_operator in Beijing by unionpay_qr with debit      -> amount_not_positive
  10:03 fortune   lin pays ¥200,000,000.00 to metro_operator in Beijing by unionpay_qr with debit     -> amount_too_large
on 2199-01-01
  08:01 future    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> time_in_future
on 1990-01-01
  08:01 ancient   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> time_too_old

expect
  lin holds 340,910 mg, 20 energy
