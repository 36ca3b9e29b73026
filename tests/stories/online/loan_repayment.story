# 主动在线还一期贷款；系统自动扣的那一期不是客户的行为。
# One instalment repaid by hand counts; the one that the bank debits by itself is nobody's act.
#
#   0.05 × 181.95 − 0.5 = 8.5975 g, half to even: 8,598 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 first   lin does loan.repaid ¥1,800.00 {mandate=manual, loan_ref=l1, instalment_ref=i1}                 -> posted 8,598 mg, 10 energy
on 2026-08-06
  10:01 second  lin does loan.repaid ¥1,800.00 by auto_debit {mandate=auto, loan_ref=l1, instalment_ref=i2}     -> automatic_debit

expect
  lin online_loan_repayment: 1 act, 8,598 mg, 10 energy
