# 同一户号同一账期的水费交两次，只算一次；换一个账期就是另一次。
# One bill of one period counts once, however often it is paid; the next period is another bill.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 june   lin does bill.paid ¥86.40 {bill_ref=water-7, period=2026-06}      -> posted 60,785 mg, 20 energy
  20:30 again  lin does bill.paid ¥20.00 {bill_ref=water-7, period=2026-06}      -> same_occasion
file august
on 2026-08-06
  20:01 late   lin does bill.paid ¥20.00 {bill_ref=water-7, period=2026-06}      -> same_occasion
  20:30 july   lin does bill.paid ¥90.00 {bill_ref=water-7, period=2026-07}      -> posted 60,785 mg, 20 energy

expect
  lin holds 121,570 mg, 40 energy
  lin utility_payment: 2 acts
