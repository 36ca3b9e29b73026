# 退款先到、原交易后到：退款先等着，原交易一到就冲回，结果与先后无关。
# When the refund arrives before its payment it waits, and takes back as soon as the payment comes.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file first
on 2026-07-07
  09:00 back  lin gets ¥4.00 back for ride                                              -> waiting_original
file second
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

expect
  lin holds 0 mg, 0 energy
  lin metro_ride: 1 act, 0 mg, 0 energy
