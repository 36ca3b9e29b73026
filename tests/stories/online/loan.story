# 在线贷款在放款后才计入，而且不给能量：不能鼓励借贷；只申请不算。
# An online loan counts when it is paid out, and without energy, because nobody should be rewarded for borrowing.
#
#   0.90 × 181.95 + 9 × 6.7 − 0.5 = 163.755 + 59.8 = 223.555 g = 223,555 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 asked  lin does loan.applied ¥20,000.00 {loan_ref=l1}       -> loan_only_applied
  15:01 paid   lin does loan.disbursed ¥20,000.00 {loan_ref=l1}     -> posted 223,555 mg, 0 energy

expect
  lin online_loan_application: 1 act, 223,555 mg, 0 energy
