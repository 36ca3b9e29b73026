# 部分退款按金额比例收回；最后一笔总是收回剩下的全部，不留零头。
# A partial refund takes back in proportion to the money; the last one takes all that is left, so nothing remains.
#
#   given 340,910 mg and 20 energy for 4.00 yuan
#   first 1.33 yuan:  340,910 × 133/400 = 113,352.575 mg, rounded 113,353;  20 × 133/400 = 6.65, rounded 7
#   then 2.67 yuan:   340,910 − 113,353 = 227,557 mg;  20 − 7 = 13
#   a third refund finds nothing left

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
on 2026-07-07
  09:00 part    lin gets ¥1.33 back for ride                                              -> refunded 113,353 mg, 7 energy
file august
on 2026-08-02
  09:00 rest    lin gets ¥2.67 back for ride                                              -> refunded 227,557 mg, 13 energy
on 2026-08-03
  09:00 more    lin gets ¥1.00 back for ride                                              -> nothing_left 0 mg, 0 energy

expect
  lin holds 0 mg, 0 energy
