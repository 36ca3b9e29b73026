# 交罚款不给奖励。
# Nobody is rewarded for paying a fine.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 event    lin does tax.paid ¥200.00 {purpose_code=fine, document_ref=f1}                              -> fine_payment
  11:01 payment  lin pays ¥200.00 to "交通违法罚款" mcc 9222 in Beijing by online with debit                 -> fine_payment

expect
  lin holds 0 mg, 0 energy
