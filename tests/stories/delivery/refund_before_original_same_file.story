# 同一文件里退款排在原交易之前，也一样冲回。
# In one file, too, the refund may stand above its payment.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  09:00 back  lin gets ¥4.00 back for ride                                              -> refunded 340,910 mg, 20 energy
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 0 mg, 0 energy
