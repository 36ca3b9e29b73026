# 同一事件号却换了金额：银行自相矛盾，先到的算数，后到的只记录、不采用。
# The same id with another amount contradicts itself: the first counts, the other is recorded and never applied.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy
  08:01 ride  lin pays ¥5.00 to metro_operator in Beijing by unionpay_qr with debit     -> conflict
file august
on 2026-07-06
  08:01 ride  lin pays ¥6.00 to metro_operator in Beijing by unionpay_qr with debit     -> conflict

expect
  lin holds 340,910 mg, 20 energy
  lin metro_ride: 1 act
