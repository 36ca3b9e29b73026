# 在手机银行交一张水费单：三成的账单本来会多跑一趟网点，另省一张纸。
# One water bill in the app: three of ten bills would have cost a trip to a branch, and every one a sheet of paper.
#
#   V, one avoided trip: 3.0 km × (0.30 × 161.7 + 0.20 × 52 + 0.20 × 8.7 + 0.30 × 0) = 181.95 g
#      161.7 = 0.075 L/km × 2,156 g/L
#   0.30 × 181.95 + 1 × 6.7 − 0.5 = 54.585 + 6.2 = 60.785 g = 60,785 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 event    lin does bill.paid ¥86.40 {bill_ref=water-7, period=2026-06}      -> posted 60,785 mg, 20 energy
on 2026-07-07
  20:01 payment  lin pays ¥120.00 to utility in Shanghai by app with debit         -> posted 60,785 mg, 20 energy

expect
  lin utility_payment: 2 acts, 121,570 mg, 40 energy
