# 系统自动扣的信用卡还款不是客户的行为，无论是渠道还是约定方式透露出来的。
# A repayment that the bank debits by itself is nobody's act, whether the channel or the mandate tells.

customer lin joined 2026-06-01 with credit consenting to card_payments

file july
on 2026-07-06
  06:00 auto    lin does card.repaid ¥2,350.00 by auto_debit {statement_ref=s-2026-06}     -> automatic_debit
  07:00 hidden  lin does card.repaid ¥2,350.00 {mandate=auto, statement_ref=s-2026-06}              -> automatic_debit

expect
  lin holds 0 mg, 0 energy
