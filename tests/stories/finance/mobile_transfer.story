# 手机银行向他人转账：一成的转账本来会跑一趟网点，省半张纸。
# A transfer to somebody else: one in ten would have been a trip to a branch, and half a sheet of paper.
#
#   0.10 × 181.95 + 0.5 × 6.7 − 0.5 = 18.195 + 2.85 = 21.045 g = 21,045 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 transfer  lin does transfer.completed ¥200.00 {own_account=no, payee_ref=wang}     -> posted 21,045 mg, 8 energy

expect
  lin mobile_transfer: 1 act, 21,045 mg, 8 energy
