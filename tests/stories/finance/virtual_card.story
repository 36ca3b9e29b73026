# 一张只存在于手机里的信用卡：省下卡片、四页申请表和一次邮寄。
# A credit card that lives in the phone only: no plastic, no form of four sheets, no letter.
#
#   21 + 4 × 6.7 + 20 − 0.5 = 67.3 g = 67,300 mg

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  20:01 issued  lin does card.issued with virtual-1 {form=virtual, account_ref=a1}      -> posted 67,300 mg, 60 energy

expect
  lin virtual_card: 1 act, 67,300 mg, 60 energy
