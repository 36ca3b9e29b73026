# 系统自动扣的信用卡还款不是客户的行为；同一账单之后手动再还才算。
# A repayment that the bank debits by itself is nobody's act.

customer lin joined 2026-06-01 with credit consenting to card_payments

file july
on 2026-07-06
  06:00 auto    lin does card.repaid ¥2,350.00 by auto_debit {mandate=auto, statement_ref=s-2026-06}     -> automatic_debit
  07:00 hidden  lin does card.repaid ¥2,350.00 {mandate=auto, statement_ref=s-2026-06}                   -> automatic_debit

expect
  lin holds 0 mg, 0 energy
