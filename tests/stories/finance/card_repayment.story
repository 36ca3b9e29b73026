# 主动还一期信用卡账单；这里正好碰上半毫克，向偶数进位。
# A credit-card statement repaid by hand; its milligrams end in a half, which is rounded to the even number.
#
#   0.05 × 181.95 − 0.5 = 9.0975 − 0.5 = 8.5975 g = 8,597.5 mg, half to even: 8,598 mg

customer lin joined 2026-06-01 with credit consenting to card_payments

file july
on 2026-07-06
  20:01 repaid  lin does card.repaid ¥2,350.00 {mandate=manual, statement_ref=s-2026-06}     -> posted 8,598 mg, 10 energy

expect
  lin card_repayment: 1 act, 8,598 mg, 10 energy
