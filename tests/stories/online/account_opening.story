# 远程开一个没有实体卡的账户，省下一次跑网点、四页表格和一张卡。
# An account opened remotely and without a card saves most of a trip, four sheets and the plastic.
#
#   0.80 × 181.95 + 4 × 6.7 + 21 − 0.5 = 145.56 + 47.3 = 192.86 g = 192,860 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 opened  lin does account.opened {medium=none, account_ref=a7}     -> posted 192,860 mg, 80 energy

expect
  lin online_account_opening: 1 act, 192,860 mg, 80 energy
