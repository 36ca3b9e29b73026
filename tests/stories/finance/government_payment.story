# 在线缴税费只给能量：减排模型还没有批准。
# A tax paid online gives energy only: the model of its reduction is not approved.

customer lin joined 2026-06-01 with debit consenting to card_payments

file july
on 2026-07-06
  10:01 event    lin does tax.paid ¥120.00 {purpose_code=tax, document_ref=t1}              -> posted 0 mg, 10 energy
on 2026-07-07
  10:01 payment  lin pays ¥80.00 to government in Beijing by online with debit              -> posted 0 mg, 10 energy

expect
  lin government_payment: 2 acts, 0 mg, 20 energy
