# 同一笔退款送来两次，只收回一次。
# The same refund twice takes back once.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  09:30 back  lin gets ¥2.00 back for ride                                              -> refunded 170,455 mg, 10 energy
file august
on 2026-07-06
  09:30 back  lin gets ¥2.00 back for ride                                              -> duplicate 0 mg, 0 energy

expect
  lin holds 170,455 mg, 10 energy
