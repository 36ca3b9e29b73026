# 账单号由银行给出，各客户自己的编号可能重复，因此“同一事项”只在同一客户内判断。
# Two customers may have bills of the same number with different companies, so an occasion belongs to one customer.

customer lin joined 2026-06-01 with debit consenting to card_payments
customer hu joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 hers  lin does bill.paid ¥86.40 {bill_ref=7, period=2026-06}      -> posted 60,785 mg, 20 energy
  20:30 his   hu does bill.paid ¥33.10 {bill_ref=7, period=2026-06}       -> posted 60,785 mg, 20 energy

expect
  lin holds 60,785 mg, 20 energy
  hu holds 60,785 mg, 20 energy
