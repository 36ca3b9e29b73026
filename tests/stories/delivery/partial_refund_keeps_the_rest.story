# 只退一半，就只收回一半；客户保留另一半。
# Half the money back takes half of the reduction; the customer keeps the other half.
#
#   340,910 ÷ 2 = 170,455 mg;  20 ÷ 2 = 10 energy

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  09:30 back  lin gets ¥2.00 back for ride                                              -> refunded 170,455 mg, 10 energy

expect
  lin holds 170,455 mg, 10 energy
