# 晚到的行为，能量一入账就是成熟的，不让客户白等。
# An act that comes late is ripe when it is posted: the customer does not wait for the bank.

customer lin joined 2026-06-01 with debit consenting to card_payments, whereabouts

file july
on 2026-07-06
  08:01 ride  lin pays ¥4.00 to metro_operator in Beijing by unionpay_qr with debit     -> posted 340,910 mg, 20 energy

at 2026-07-20 12:00
  july arrives
  lin has 20 ripe
at 2026-07-27 11:59
  lin has 20 ripe
at 2026-07-27 12:00
  lin has nothing
