# 只有绑定的卡才计入；解绑之后的乘车不计，重新绑定后又计。
# Only a linked card counts, only while it is linked.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts
  2026-07-10 12:00 unlinks debit
  2026-07-20 12:00 links debit

file july
on 2026-07-06
  08:01 debit    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> posted 340,910 mg, 20 energy
  18:01 credit   lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with credit     -> card_not_linked
on 2026-07-15
  08:01 without  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> card_not_linked
on 2026-07-21
  08:01 again    lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit      -> posted 340,910 mg, 20 energy

expect
  lin holds 681,820 mg, 40 energy
