# 账单那笔被全额撤销后，重新缴纳仍然算数。
# After a bill's payment is reversed, paying the same bill counts again.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 first   lin does bill.paid ¥86.40 {bill_ref=water-7, period=2026-06}      -> posted 60,785 mg, 20 energy
  20:05 undone  lin has first reversed                                            -> refunded 60,785 mg, 20 energy
file later
on 2026-07-08
  20:01 again   lin does bill.paid ¥86.40 {bill_ref=water-7, period=2026-06}      -> posted 60,785 mg, 20 energy

expect
  lin holds 60,785 mg, 20 energy
